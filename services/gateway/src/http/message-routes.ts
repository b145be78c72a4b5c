import type { MessageQuery, MessageStore, StoredMessageRow } from '@dms/event-log';
import type { Parsed } from '@dms/protocol';
import type { Request, Response, Router } from 'express';
import type { Access } from '../access/access.ts';
import { addJsonRoute } from './json-route.ts';
import { linkPages } from './link-pages.ts';
import { parseChannelMessageQuery, parseMessageQuery } from './message-query.ts';
import type { MessagePages, ServedPage } from './pages/message-pages.ts';
import { rememberQueries } from './pages/remember-queries.ts';
import { badParameters, HttpProblem } from './problem.ts';
import { readLog } from './read-log.ts';
import { queryPairs, refuseMethod, requireNoParameters, requireScope } from './request-guards.ts';
import { isVisible, isVisibleChannel, requireId } from './visibility.ts';

function requireQuery(parsed: Parsed<MessageQuery>): MessageQuery {
  if (parsed.ok) return parsed.value;
  throw badParameters(parsed.problems);
}

/** Answers with what is JSON already, past Express's `send`, which would look at it again. */
function sendPage(req: Request, res: Response, json: Buffer | string): void {
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(json));
  res.end(req.method === 'HEAD' ? undefined : json);
}

export interface MessageRoutes {
  readonly log: MessageStore;
  readonly pages: MessagePages;
  readonly access: Access;
}

/** `/messages`, `/messages/{id}`, its revisions, and `/channels/{id}/messages`. */
export function addMessageRoutes(router: Router, { log, pages, access }: MessageRoutes): void {
  /** The page, or null when the client has it and was told so. */
  const readPage = async (req: Request, res: Response, query: MessageQuery): Promise<ServedPage | null> => {
    const answer = await readLog(pages.read(query, req.headers['if-none-match']));
    // Deletes must be seen: a cache may keep an answer but has to ask before it repeats it.
    res.setHeader('Cache-Control', 'private, no-cache');
    // Which messages there are depends on the key.
    res.vary('Authorization, X-API-Key');
    if (answer.kind === 'unchanged') {
      res.setHeader('ETag', answer.etag);
      res.status(304).end();
      return null;
    }
    res.setHeader('ETag', answer.page.etag);
    linkPages(req, res, query, answer.page);
    return answer.page;
  };

  const parsePage = rememberQueries((url, within) => requireQuery(parseMessageQuery(queryPairs(url), within)));
  const parseChannelPage = rememberQueries((url, within) =>
    requireQuery(parseChannelMessageQuery(queryPairs(url), /^\d+/.exec(url)?.[0] ?? '', within)),
  );

  router
    .route('/messages')
    .get(async (req, res) => {
      const key = requireScope(access, req, 'read');
      const page = await readPage(req, res, parsePage(req.url, key.channels));
      if (page !== null) sendPage(req, res, page.body);
    })
    .all(refuseMethod);

  router
    .route('/channels/:id/messages')
    .get(async (req, res) => {
      const key = requireScope(access, req, 'read');
      const id = requireId(req.params);
      const page = await readPage(req, res, parseChannelPage(`${id}${req.url}`, key.channels));
      if (page === null) return;
      if (page.newestId === null) {
        const channel = await readLog(log.channel(id));
        if (channel === null || !isVisibleChannel(key, channel)) {
          res.removeHeader('ETag');
          throw new HttpProblem(404, 'No such channel is stored.');
        }
      }
      sendPage(req, res, page.list);
    })
    .all(refuseMethod);

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
}
