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
 *  The ids are found by range scans of `(column, id)` indexes that stop at the limit: one scan per channel, per parent
 *  channel, per author or per guild, whichever the query names first; what else it asks is checked on the way. */
export function pageStatement(query: MessageQuery): Statement {
  const values: SqlValue[] = [];
  const add = (value: SqlValue): string => `$${values.push(value)}`;
  const list = (ids: readonly string[]): string => `${add(bigintArray(new Set(ids)))}::text::bigint[]`;

  const { scans, checks } = planScans(query, list);
  const { newer, older } = pageShape(query);
  const { cursor } = query;
  const id = `${add(cursor.kind === 'newest' ? MAX_ID : cursor.id)}::bigint`;
  const isInclusive = cursor.kind === 'newest' || cursor.kind === 'around';
  const sides: string[] = [];
  if (newer > 0) sides.push(side(scans, checks, { operator: '>', id, order: 'ASC', limit: newer }));
  if (older > 0)
    sides.push(side(scans, checks, { operator: isInclusive ? '<=' : '<', id, order: 'DESC', limit: older }));
  const sql = `SELECT last.term, last.seq, m.id::text, m.channel_id::text, m.parent_id::text,
      m.deleted_at IS NOT NULL AS is_deleted, ${servedPayload('m')}
    FROM (SELECT 1) AS one
    LEFT JOIN (SELECT term, seq FROM event ORDER BY seq DESC LIMIT 1) AS last ON true
    LEFT JOIN (${sides.join('\nUNION ALL\n')}) AS page ON true
    LEFT JOIN message AS m ON m.id = page.id
    ORDER BY m.id DESC`;
  return { sql, values };
}

interface Scans {
  /** Id list and the columns it is looked up in; null scans the primary key. */
  readonly scans: { readonly ids: string; readonly columns: readonly string[] } | null;
  readonly checks: readonly string[];
}

/** Authors come first: they write less than a channel holds, so what is skipped on the way is least. */
function planScans(query: MessageQuery, list: (ids: readonly string[]) => string): Scans {
  const checks = query.includeDeleted ? [] : ['m.deleted_at IS NULL'];
  const scopes = [
    { ids: query.authorIds, columns: ['author_id'] },
    { ids: query.channelIds, columns: ['channel_id', 'parent_id'] },
    { ids: query.withinChannels, columns: ['channel_id', 'parent_id'] },
    { ids: query.guildIds, columns: ['guild_id'] },
  ];
  let scans: Scans['scans'] = null;
  for (const { ids, columns } of scopes) {
    // An empty list means everything, except of a key that may see no channel at all.
    if (ids === null || (ids.length === 0 && ids !== query.withinChannels)) continue;
    if (scans === null) scans = { ids: list(ids), columns };
    else {
      const array = list(ids);
      checks.push(`(${columns.map((column) => `m.${column} = ANY(${array})`).join(' OR ')})`);
    }
  }
  return { scans, checks };
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
  const branches = scans.columns.map((column) => {
    // Row comparisons and an order that names both columns fit the (column, id) index and nothing else. With a plain
    // `column = wanted.id` the planner walks the primary key instead, which for a quiet channel means the whole table.
    const bound = `m.${column} ${order === 'DESC' ? '>=' : '<='} wanted.id`;
    const conditions = [`(m.${column}, m.id) ${operator} (wanted.id, ${id})`, bound, ...checks];
    return `SELECT found.id FROM unnest(${scans.ids}) AS wanted(id)
      CROSS JOIN LATERAL ${scan(conditions, `m.${column} ${order}, m.id ${order}`, limit)} AS found`;
  });
  // A thread and its parent may both be asked for: UNION drops the repeats.
  return `(SELECT id FROM (${branches.join(' UNION ')}) AS u ORDER BY id ${order} LIMIT ${limit})`;
}

function scan(conditions: readonly string[], order: string, limit: number): string {
  return `(SELECT m.id FROM message AS m WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ${limit})`;
}
