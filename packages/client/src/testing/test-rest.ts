import {
  compareSnowflakes,
  createFilter,
  formatPosition,
  isSnowflake,
  matchesFilter,
  parseFilterParameters,
  parseTime,
  type StoredMessage,
  snowflakeAtMs,
} from '@dms/protocol';
import { type Directory, GUILD } from './make-message.ts';
import type { TestLog } from './test-log.ts';

/** What the REST routes answer from. */
export interface TestStore {
  readonly log: TestLog;
  /** By id, oldest first; null = deleted. */
  readonly messages: ReadonlyMap<string, StoredMessage | null>;
  readonly directory: Directory;
}

export interface TestAnswer {
  readonly status: number;
  readonly body: object;
}

const DEFAULT_LIMIT = 50;

const ok = (body: object): TestAnswer => ({ status: 200, body });
export const problem = (status: number, detail: string): TestAnswer => ({
  status,
  body: { type: 'about:blank', title: `Status ${status}`, status, detail },
});

/** Answers what the SDK asks for, as a gateway does. */
export function answerRest(url: URL, store: TestStore): TestAnswer {
  const [resource = '', id, part] = url.pathname
    .replace(/^\/v1\//, '/')
    .split('/')
    .slice(1);
  if (resource === 'health') return ok({ status: 'ok', checks: {} });
  if (resource === 'messages' && id === undefined) return answerPage(url.searchParams, store);
  if (resource === 'messages' && id !== undefined) return answerMessage(store.messages.get(id), part === 'revisions');
  const list = resource === 'guilds' ? [GUILD] : resource === 'channels' ? channelsOf(store) : null;
  if (list === null) return problem(404, 'There is nothing here.');
  if (id === undefined) return ok({ [resource]: list });
  const found = list.find((each) => each.id === id);
  return found === undefined ? problem(404, `No such ${resource.slice(0, -1)} is stored.`) : ok(found);
}

const channelsOf = ({ directory }: TestStore) =>
  [...directory.channels].map(([name, id]) => ({ id, name, type: 0, guild_id: GUILD.id }));

function answerMessage(message: StoredMessage | null | undefined, areRevisionsAsked: boolean): TestAnswer {
  if (message === undefined) return problem(404, 'No such message is stored.');
  if (message === null) return problem(410, 'The message was deleted.');
  return ok(areRevisionsAsked ? { revisions: [message] } : message);
}

function answerPage(query: URLSearchParams, { log, messages }: TestStore): TestAnswer {
  const input = parseFilterParameters(new Map(query));
  if (!input.ok)
    return problem(400, input.problems.map(({ parameter, detail }) => `${parameter} ${detail}`).join('; '));
  const filter = createFilter(input.value);
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT);
  const [before, after] = [placeOf(query.get('before')), placeOf(query.get('after'))];
  const wanted = [...messages.values()].filter((message): message is StoredMessage => {
    if (message === null) return false;
    if (before !== null && compareSnowflakes(message.id, before) >= 0) return false;
    if (after !== null && compareSnowflakes(message.id, after) <= 0) return false;
    return matchesFilter(filter, routeOf('MESSAGE_CREATE', message));
  });
  const page = after === null ? wanted.slice(-limit) : wanted.slice(0, limit);
  const position = formatPosition(log.head);
  return ok({ messages: page.toReversed(), has_more: wanted.length > page.length, position });
}

/** A message id or a time. */
function placeOf(text: string | null): string | null {
  if (text === null || isSnowflake(text)) return text;
  return snowflakeAtMs(parseTime(text) ?? 0);
}

export const routeOf = (type: string, message: StoredMessage) => ({
  type,
  guildId: message.guild_id,
  channelId: message.channel_id,
  parentId: message.display.parent_id,
  authorId: message.author.id,
  messageId: message.id,
});
