import type { Statement } from './append-statement.ts';
import { bigintArray, type SqlValue } from './database.ts';
import type { MessageQuery } from './event-log.ts';

/** The message object as it is served: what is stored, with the fields of its tally at the end. */
export const servedPayload = (table: string): string => `CASE WHEN ${table}.tally IS NULL THEN ${table}.payload
    ELSE left(${table}.payload, -1) || ',' || substr(${table}.tally, 2) END AS payload`;

/** The largest id a bigint holds: no message is newer. */
const MAX_ID = '9223372036854775807';

/** How many rows each side of the cursor contributes; one more than asked for tells whether there is more. */
export interface PageShape {
  /** Ids above the cursor, taken in ascending order. */
  readonly newer: number;
  /** Ids below the cursor (or at it, for `around`), taken in descending order. */
  readonly older: number;
}

export function pageShape({ cursor, limit }: MessageQuery): PageShape {
  if (cursor.kind === 'after') return { newer: limit + 1, older: 0 };
  if (cursor.kind !== 'around') return { newer: 0, older: limit + 1 };
  const newer = Math.floor(limit / 2);
  return { newer, older: limit - newer + 1 };
}

/** One statement, so page and position are of one snapshot. Returns at least one row, with a null id when the page is empty.
 *
 *  The messages are found by range scans of `(column, id)` indexes that stop at the limit: one scan per channel, per parent
 *  channel, per author or per guild, whichever the query names first; what else it asks is checked on the way. */
export function pageStatement(query: MessageQuery): Statement {
  const { rows, values } = planRows(query);
  const sql = `SELECT last.term, last.seq, page.id::text, page.channel_id::text, page.parent_id::text,
      page.deleted_at IS NOT NULL AS is_deleted, ${servedPayload('page')}
    FROM (SELECT 1) AS one
    LEFT JOIN (SELECT term, seq FROM event ORDER BY seq DESC LIMIT 1) AS last ON true
    LEFT JOIN (${rows}) AS page ON true
    ORDER BY page.id DESC`;
  return { sql, values };
}

/** Between the messages of `json`: a line break never is in JSON text that was written by a program. */
export const PAYLOAD_SEPARATOR = ',\n';

/** The same page as one row: `position`, `ids` and, in the same order, the messages in `json`. */
export function pageTextStatement(query: MessageQuery): Statement {
  const { rows, values } = planRows(query);
  const sql = `SELECT (SELECT term || ':' || seq FROM event ORDER BY seq DESC LIMIT 1) AS position,
      string_agg(page.payload, E',\\n') AS json, array_agg(page.id)::text AS ids
    FROM (SELECT page.id, ${servedPayload('page')} FROM (${rows}) AS page ORDER BY page.id DESC) AS page`;
  return { sql, values };
}

/** What a scan answers of each message; what is not asked of it costs nothing. */
const COLUMNS = ['id', 'channel_id', 'parent_id', 'deleted_at', 'payload', 'tally'];
const columnsOf = (table: string): string => COLUMNS.map((column) => `${table}.${column}`).join(', ');

interface Rows {
  /** Subquery of `COLUMNS`, in no order. */
  readonly rows: string;
  readonly values: readonly SqlValue[];
}

function planRows(query: MessageQuery): Rows {
  const values: SqlValue[] = [];
  const add = (value: SqlValue): string => `$${values.push(value)}`;
  const list = (ids: readonly string[]): string =>
    ids.length === 1 ? `ARRAY[${add(ids[0] ?? '')}::bigint]` : `${add(bigintArray(new Set(ids)))}::text::bigint[]`;

  const { scans, checks } = query.search === null ? planScans(query, list) : planSearch(query, query.search, add, list);
  const { newer, older } = pageShape(query);
  const { cursor } = query;
  const id = `${add(cursor.kind === 'newest' ? MAX_ID : cursor.id)}::bigint`;
  const isInclusive = cursor.kind === 'newest' || cursor.kind === 'around';
  const sides: string[] = [];
  if (newer > 0) sides.push(side(scans, checks, { operator: '>', id, order: 'ASC', limit: newer }));
  if (older > 0)
    sides.push(side(scans, checks, { operator: isInclusive ? '<=' : '<', id, order: 'DESC', limit: older }));
  return { rows: sides.join('\nUNION ALL\n'), values };
}

interface Scans {
  /** Id list and the columns it is looked up in; null scans the primary key. */
  readonly scans: { readonly ids: string; readonly columns: readonly string[] } | null;
  readonly checks: readonly string[];
}

interface Scope {
  readonly ids: readonly string[];
  readonly columns: readonly string[];
}

/** What the query narrows by. Authors come first: they write less than a channel holds, so what is skipped on the way is least. */
function scopesOf(query: MessageQuery): readonly Scope[] {
  const scopes = [
    { ids: query.authorIds, columns: ['author_id'] },
    { ids: query.channelIds, columns: query.withThreads ? ['channel_id', 'parent_id'] : ['channel_id'] },
    { ids: query.withinChannels, columns: ['channel_id', 'parent_id'] },
    { ids: query.guildIds, columns: ['guild_id'] },
  ];
  // An empty list means everything, except of a key that may see no channel at all.
  return scopes.flatMap(({ ids, columns }) =>
    ids === null || (ids.length === 0 && ids !== query.withinChannels) ? [] : [{ ids, columns }],
  );
}

type List = (ids: readonly string[]) => string;

function checkOf({ ids, columns }: Scope, list: List): string {
  const array = list(ids);
  return `(${columns.map((column) => `m.${column} = ANY(${array})`).join(' OR ')})`;
}

function planScans(query: MessageQuery, list: List): Scans {
  const [first, ...others] = scopesOf(query);
  const scans = first === undefined ? null : { ids: list(first.ids), columns: first.columns };
  const deletion = query.includeDeleted ? [] : ['m.deleted_at IS NULL'];
  return { scans, checks: [...deletion, ...others.map((scope) => checkOf(scope, list))] };
}

/** The planner knows how frequent each word is (`message_words` has statistics) and chooses between the index of words and
 *  walking back through the ids. */
function planSearch(query: MessageQuery, search: string, add: (value: SqlValue) => string, list: List): Scans {
  const words = `message_words(m.payload) @@ message_query(${add(search)}::text)`;
  return {
    scans: null,
    checks: ['m.deleted_at IS NULL', words, ...scopesOf(query).map((scope) => checkOf(scope, list))],
  };
}

interface Range {
  readonly operator: '<' | '<=' | '>';
  readonly id: string;
  readonly order: 'ASC' | 'DESC';
  readonly limit: number;
}

function side(scans: Scans['scans'], checks: readonly string[], range: Range): string {
  const { operator, id, order, limit } = range;
  if (scans === null) return scan([`m.id ${operator} ${id}`, ...checks], `m.id ${order}`, limit);
  const branches = scans.columns.map((column, index) => {
    // Row comparisons and an order that names both columns fit the (column, id) index and nothing else. With a plain
    // `column = wanted` the planner walks the primary key instead, which for a quiet channel means the whole table.
    const conditionsOf = (wanted: string): readonly string[] => [
      `(m.${column}, m.id) ${operator} (${wanted}, ${id})`,
      `m.${column} ${order === 'DESC' ? '>=' : '<='} ${wanted}`,
      // A thread and its parent may both be asked for.
      ...scans.columns.slice(0, index).map((earlier) => `m.${earlier} <> ALL(${scans.ids})`),
      ...checks,
    ];
    const by = `m.${column} ${order}, m.id ${order}`;
    // The planner looks at a statement for as long as it takes to run it: what has one id only needs no join.
    const single = /^ARRAY\[(.*)\]$/.exec(scans.ids)?.[1];
    if (single !== undefined) return scan(conditionsOf(single), by, limit);
    return `(SELECT found.* FROM unnest(${scans.ids}) AS wanted(id)
      CROSS JOIN LATERAL ${scan(conditionsOf('wanted.id'), by, limit)} AS found)`;
  });
  return `(SELECT * FROM (${branches.join(' UNION ALL ')}) AS u ORDER BY id ${order} LIMIT ${limit})`;
}

function scan(conditions: readonly string[], order: string, limit: number): string {
  return `(SELECT ${columnsOf('m')} FROM message AS m WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ${limit})`;
}
