import { LOG_START, type LogEvent, type Position } from '@dms/protocol';
import type { Database } from './database.ts';
import type { LogReader, WriterState, WriterStatus } from './event-log.ts';
import { flag, integer, isRow, nullableText, type Row, text } from './rows.ts';

export const MAX_READ_EVENTS = 1_000;
export const MAX_TAIL_EVENTS = 20_000;

const ROUTE_COLUMNS =
  'seq, term, type, guild_id::text, channel_id::text, parent_id::text, author_id::text, message_id::text';

// The first seq committed at or after $1 by bisection over the primary key: created_at needs no index, and a prune in the
// middle is not seen because one statement has one snapshot.
const POSITION_AT = `WITH RECURSIVE search(low, high) AS (
    SELECT min(seq), max(seq) + 1 FROM event
    UNION ALL
    SELECT CASE WHEN e.created_at < moment.at THEN e.seq + 1 ELSE low END,
           CASE WHEN e.created_at < moment.at THEN high ELSE e.seq END
    FROM search CROSS JOIN (SELECT to_timestamp($1::float8 / 1000) AS at) AS moment
      JOIN event AS e ON e.seq = (low + high) / 2
    WHERE low < high)
  SELECT term, seq FROM event
  WHERE seq = (SELECT GREATEST(low - 1, (SELECT min(seq) FROM event)) FROM search WHERE low = high)
    AND NOT (seq = 1 AND EXISTS (SELECT 1 FROM search WHERE low = high AND low = 1))`;

// Stops before the first event that is young enough, so that what is kept stays one run even if the clock once stepped back.
const PRUNE = `WITH oldest AS (SELECT seq, created_at FROM event ORDER BY seq LIMIT $2::int),
    bounds AS (SELECT LEAST(
      (SELECT max(seq) + 1 FROM oldest),
      (SELECT min(seq) FROM oldest WHERE created_at >= to_timestamp($1::float8 / 1000)),
      (SELECT max(seq) FROM event)) AS kept)
  DELETE FROM event USING bounds WHERE event.seq < bounds.kept RETURNING 1 AS pruned`;

export function createLogReader(database: Database): LogReader {
  const positionOf = (rows: readonly Row[]): Position => {
    const [row] = rows;
    return row === undefined ? LOG_START : { term: integer(row, 'term'), seq: integer(row, 'seq') };
  };
  return {
    async read(fromSeq, limit) {
      assertLimit(limit, MAX_READ_EVENTS);
      const sql = `SELECT ${ROUTE_COLUMNS}, payload FROM event WHERE seq >= $1::bigint ORDER BY seq LIMIT $2::int`;
      return (await database.query(sql, fromSeq, limit)).map(parseEvent);
    },
    async tail(limit) {
      assertLimit(limit, MAX_TAIL_EVENTS);
      const sql = `SELECT ${ROUTE_COLUMNS}, payload FROM event ORDER BY seq DESC LIMIT $1::int`;
      return (await database.query(sql, limit)).map(parseEvent).reverse();
    },
    async locate(seq) {
      const [row] = await database.query(`SELECT ${ROUTE_COLUMNS} FROM event WHERE seq = $1::bigint`, seq);
      return row === undefined ? null : parseRoute(row);
    },
    async oldest() {
      const oldest = positionOf(await database.query('SELECT term, seq FROM event ORDER BY seq LIMIT 1'));
      return oldest.seq === 1 ? LOG_START : oldest;
    },
    async positionAt(timeMs) {
      return positionOf(await database.query(POSITION_AT, timeMs));
    },
    async prune(timeMs, limit) {
      return (await database.query(PRUNE, timeMs, limit)).length;
    },
    async writerState() {
      const sql = `SELECT term, seq, holder, expires > now() AS is_held, status,
        (SELECT count(*) FROM gap WHERE closed_at IS NULL) AS open_gaps FROM head WHERE id = 1`;
      const [row] = await database.query(sql);
      if (row === undefined) throw new TypeError('the head row is missing');
      return parseWriterState(row);
    },
  };
}

export function assertLimit(limit: number, max: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > max) throw new RangeError(`limit must be 1 to ${max}`);
}

function parseRoute(row: Row) {
  return {
    term: integer(row, 'term'),
    seq: integer(row, 'seq'),
    type: text(row, 'type'),
    guildId: nullableText(row, 'guild_id'),
    channelId: nullableText(row, 'channel_id'),
    parentId: nullableText(row, 'parent_id'),
    authorId: nullableText(row, 'author_id'),
    messageId: nullableText(row, 'message_id'),
  };
}

function parseEvent(row: Row): LogEvent {
  return { ...parseRoute(row), payload: text(row, 'payload') };
}

function parseWriterState(row: Row): WriterState {
  return {
    term: integer(row, 'term'),
    seq: integer(row, 'seq'),
    holder: text(row, 'holder'),
    isHeld: flag(row, 'is_held'),
    status: parseStatus(text(row, 'status')),
    openGaps: integer(row, 'open_gaps'),
  };
}

/** Null for anything another version may have written that this one does not understand. */
function parseStatus(json: string): WriterStatus | null {
  const status: unknown = JSON.parse(json);
  if (!isRow(status)) return null;
  const { discord, detail } = status;
  if (discord !== 'connected' && discord !== 'connecting' && discord !== 'disconnected') return null;
  return { discord, detail: typeof detail === 'string' ? detail : null };
}
