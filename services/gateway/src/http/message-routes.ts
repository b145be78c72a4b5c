import type { MessagePage, MessageQuery, MessageStore, StoredMessageRow } from '@dms/event-log';
import { formatPosition, type Parsed } from '@dms/protocol';
import type { Request, Router } from 'express';
import type { Access } from '../access/access.ts';
import { addJsonRoute } from './json-route.ts';
import { linkPages } from './link-pages.ts';
import { parseChannelMessageQuery, parseMessageQuery } from './message-query.ts';
import { badParameters, HttpProblem } from './problem.ts';
import { readLog } from './read-log.ts';
import { queryPairs, requireNoParameters, requireScope } from './request-guards.ts';
import { isVisible, isVisibleChannel, requireId } from './visibility.ts';

/** Stored payloads are JSON text already; parsing them only to write them again would cost most of the request. */
const jsonArray = (rows: readonly StoredMessageRow[]): string => `[${rows.map((row) => row.payload).join(',')}]`;

const pageJson = (page: MessagePage): string =>
  `{"messages":${jsonArray(page.messages)},"has_more":${page.hasMore},"position":"${formatPosition(page.position)}"}`;

function requireQuery(parsed: Parsed<MessageQuery>): MessageQuery {
  if (parsed.ok) return parsed.value;
  throw badParameters(parsed.problems);
}

/** `/messages`, `/messages/{id}`, its revisions, and `/channels/{id}/messages`. */
export function addMessageRoutes(router: Router, log: MessageStore, access: Access): void {
  addJsonRoute(router, '/messages', async (req, res) => {
    const key = requireScope(access, req, 'read');
    const query = requireQuery(parseMessageQuery(queryPairs(req.url), key.channels));
    const page = await readLog(log.messages(query));
    linkPages(req, res, query, page);
    return pageJson(page);
  });

  const requireMessage = async (req: Request): Promise<StoredMessageRow> => {
    const key = requireScope(access, req, 'read');
    requireNoParameters(req);
    const row = await readLog(log.message(requireId(req.params)));
    // Outside the key's channels is answered like unknown: its existence is not the caller's to learn.
    if (row === null || !isVisible(key, row.channelId, row.parentId))
      throw new HttpProblem(404, 'No such message is stored.');
    if (row.isDeleted) throw new HttpProblem(410, 'The message was deleted.');
    return row;
  };

  addJsonRoute(router, '/messages/:id', async (req) => (await requireMessage(req)).payload);

  addJsonRoute(router, '/messages/:id/revisions', async (req) => {
    const { id, payload } = await requireMessage(req);
    const earlier = await readLog(log.revisions(id));
    return `{"revisions":[${[...earlier, payload].join(',')}]}`;
  });

  addJsonRoute(router, '/channels/:id/messages', async (req, res) => {
    const key = requireScope(access, req, 'read');
    const id = requireId(req.params);
    const query = requireQuery(parseChannelMessageQuery(queryPairs(req.url), id, key.channels));
    const page = await readLog(log.messages(query));
    linkPages(req, res, query, page);
    if (page.messages.length > 0) return jsonArray(page.messages);
    const channel = await readLog(log.channel(id));
    if (channel === null || !isVisibleChannel(key, channel)) throw new HttpProblem(404, 'No such channel is stored.');
    return '[]';
  });
}
