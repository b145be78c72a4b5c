import type { MessageCursor, MessageQuery } from '@dms/event-log';
import {
  createFilter,
  DEFAULT_PAGE_MESSAGES,
  isSnowflake,
  MAX_PAGE_MESSAGES,
  MIN_PAGE_MESSAGES,
  type ParameterProblem,
  type Parsed,
  parseFilterParameters,
  parseTime,
  readParameters,
  snowflakeAtMs,
} from '@dms/protocol';

const CURSOR_KINDS = ['before', 'after', 'around'] as const;
const CHANNEL_PAGE_PARAMETERS = new Set(['guild_id', 'author_id', ...CURSOR_KINDS, 'limit', 'include_deleted']);
const PAGE_PARAMETERS = new Set([...CHANNEL_PAGE_PARAMETERS, 'channel_id']);
const MAX_SNOWFLAKE = '9223372036854775807';

type Values = ReadonlyMap<string, string>;

/** Ids carry their time. `before` and `after` one time split history without a hole: `after` includes that very millisecond. */
function idAtTime(kind: (typeof CURSOR_KINDS)[number], timeMs: number): string {
  const id = snowflakeAtMs(timeMs);
  // Discord's clock runs out in 2084; a later time is simply the end.
  if (!isSnowflake(id)) return MAX_SNOWFLAKE;
  return kind === 'after' && id !== '0' ? (BigInt(id) - 1n).toString() : id;
}

/** A place in history: a message id, or the id that a message of that time would have. */
export function parsePlace(kind: (typeof CURSOR_KINDS)[number], text: string): Parsed<string> {
  if (isSnowflake(text)) return { ok: true, value: text };
  const timeMs = parseTime(text);
  if (timeMs !== null) return { ok: true, value: idAtTime(kind, timeMs) };
  return { ok: false, problems: [{ parameter: kind, detail: 'must be a message id or an RFC 3339 time' }] };
}

function parseCursor(values: Values): Parsed<MessageCursor> {
  const [kind, second] = CURSOR_KINDS.filter((name) => values.has(name));
  if (kind === undefined) return { ok: true, value: { kind: 'newest' } };
  if (second !== undefined) {
    return { ok: false, problems: [{ parameter: second, detail: `cannot be combined with ${kind}` }] };
  }
  const id = parsePlace(kind, values.get(kind) ?? '');
  return id.ok ? { ok: true, value: { kind, id: id.value } } : id;
}

function parseLimit(text: string | undefined): Parsed<number> {
  if (text === undefined) return { ok: true, value: DEFAULT_PAGE_MESSAGES };
  const limit = /^[1-9]\d{0,2}$/.test(text) ? Number(text) : 0;
  if (limit >= MIN_PAGE_MESSAGES && limit <= MAX_PAGE_MESSAGES) return { ok: true, value: limit };
  const detail = `must be an integer from ${MIN_PAGE_MESSAGES} to ${MAX_PAGE_MESSAGES}`;
  return { ok: false, problems: [{ parameter: 'limit', detail }] };
}

function parseFlag(values: Values, parameter: string): Parsed<boolean> {
  const text = values.get(parameter) ?? 'false';
  if (text === 'true' || text === 'false') return { ok: true, value: text === 'true' };
  return { ok: false, problems: [{ parameter, detail: 'must be true or false' }] };
}

export const problemsOf = (parsed: Parsed<unknown>): readonly ParameterProblem[] => (parsed.ok ? [] : parsed.problems);

/** Which messages, wherever in history: the filters, narrowed to `withinChannels`, and `include_deleted`. */
export function parseScope(
  values: Values,
  withinChannels: readonly string[] | null,
): Parsed<Omit<MessageQuery, 'cursor' | 'limit'>> {
  const filterInput = parseFilterParameters(values);
  const includeDeleted = parseFlag(values, 'include_deleted');
  if (!filterInput.ok || !includeDeleted.ok) {
    return { ok: false, problems: [filterInput, includeDeleted].flatMap(problemsOf) };
  }
  const filter = createFilter(filterInput.value, withinChannels);
  return {
    ok: true,
    value: {
      guildIds: [...filter.guildIds],
      channelIds: [...filter.channelIds],
      authorIds: [...filter.authorIds],
      withinChannels: filter.withinChannels === null ? null : [...filter.withinChannels],
      includeDeleted: includeDeleted.value,
    },
  };
}

function parseQuery(
  pairs: Iterable<readonly [string, string]>,
  known: ReadonlySet<string>,
  withinChannels: readonly string[] | null,
): Parsed<MessageQuery> {
  const parameters = readParameters(pairs, known);
  if (!parameters.ok) return parameters;
  const values = parameters.value;
  const scope = parseScope(values, withinChannels);
  const cursor = parseCursor(values);
  const limit = parseLimit(values.get('limit'));
  if (!scope.ok || !cursor.ok || !limit.ok) return { ok: false, problems: [scope, cursor, limit].flatMap(problemsOf) };
  return { ok: true, value: { ...scope.value, cursor: cursor.value, limit: limit.value } };
}

/** The query of `/messages`. `withinChannels` comes from the caller's key. Names every wrong parameter. */
export function parseMessageQuery(
  pairs: Iterable<readonly [string, string]>,
  withinChannels: readonly string[] | null,
): Parsed<MessageQuery> {
  return parseQuery(pairs, PAGE_PARAMETERS, withinChannels);
}

/** The query of `/channels/{id}/messages`: the same without `channel_id`. */
export function parseChannelMessageQuery(
  pairs: Iterable<readonly [string, string]>,
  channelId: string,
  withinChannels: readonly string[] | null,
): Parsed<MessageQuery> {
  const parsed = parseQuery(pairs, CHANNEL_PAGE_PARAMETERS, withinChannels);
  return parsed.ok ? { ok: true, value: { ...parsed.value, channelIds: [channelId] } } : parsed;
}
