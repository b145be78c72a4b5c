import { isSnowflake } from '@dms/protocol';
import type { Database } from './database.ts';
import { flag, integer, nullableInteger, nullableText, type Row, text } from './rows.ts';

/** The removal of an author. Times are milliseconds since the Unix epoch, by the database's clock. */
export interface ErasureRecord {
  readonly id: string;
  readonly userId: string;
  readonly requestedAtMs: number;
  /** Null while there is something left to do. */
  readonly doneAtMs: number | null;
  readonly messages: number;
  readonly redactions: number;
  readonly deadLetters: number;
}

export interface OptOutRecord {
  readonly userId: string;
  readonly optedOutAtMs: number;
  readonly erasure: ErasureRecord;
}

/** What people asked for about themselves. Any process may write it; the writer of the log is bound by it from the moment the
 *  call returns: its commits name the version of the list of forgotten authors they were held against, and each of these calls
 *  makes a new version. */
export interface PrivacyStore {
  /** From now on nothing that the author wrote before this moment is stored; what is stored of it is removed by the writer. */
  requestErasure(userId: string): Promise<ErasureRecord>;
  erasure(id: string): Promise<ErasureRecord | null>;
  /** From now on nothing of the author is stored; what is stored is removed by the writer. Twice is once. */
  optOut(userId: string): Promise<OptOutRecord>;
  /** Null when the author is not opted out. */
  findOptOut(userId: string): Promise<OptOutRecord | null>;
  /** By user id, from the one after `afterId` on. */
  optOuts(afterId: string, limit: number): Promise<readonly OptOutRecord[]>;
  /** What the author writes from now on is stored again, and nothing of before. False when the author was not opted out. */
  optIn(userId: string): Promise<boolean>;
}

export interface PlacedMessage {
  readonly id: string;
  readonly guildId: string;
  readonly channelId: string;
  readonly parentId: string | null;
}

export interface NamingMessage extends PlacedMessage {
  /** An event of it names the user as the one who reacted or voted, or in what it said then. */
  readonly isLogged: boolean;
}

/** What the writer needs to do what was asked for. */
export interface ErasureStore {
  /** The oldest one that is not done. `cursorId` null: the author's own messages come first. */
  pendingErasure(): Promise<{ readonly id: string; readonly userId: string; readonly cursorId: string | null } | null>;
  /** Messages of the author that are to go, by id, from the one after `afterId` on. */
  authoredMessages(erasureId: string, afterId: string, limit: number): Promise<readonly PlacedMessage[]>;
  /** Looks through `limit` messages after `afterId` for those of others that name the author. `examinedId` is the last one
   *  looked at; null when there was none. */
  namingMessages(
    erasureId: string,
    afterId: string,
    limit: number,
  ): Promise<{ readonly examinedId: string | null; readonly messages: readonly NamingMessage[] }>;
  /** Looks through `limit` messages after `afterId` and before `beforeId` for those that are not deleted; `examinedId` as above. */
  messagesBefore(
    beforeId: string,
    afterId: string,
    limit: number,
  ): Promise<{ readonly examinedId: string | null; readonly messages: readonly PlacedMessage[] }>;
  /** Removes what the database refused more than `ageMs` ago. Returns how much. */
  pruneDeadLetters(ageMs: number): Promise<number>;
}

const EVERY_ID = '9223372036854775807';
const DISCORD_EPOCH_MS = '1420070400000';
/** The smallest id of this moment. */
const ID_OF_NOW = `(GREATEST(0, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint - ${DISCORD_EPOCH_MS}) << 22)`;
const BUMP = 'bump AS (UPDATE head SET consent = consent + 1 WHERE id = 1 RETURNING 1)';
const millis = (time: string): string => `floor(extract(epoch FROM ${time}) * 1000)::bigint`;
const ERASURE_COLUMNS = `e.id::text, e.user_id::text, ${millis('e.requested_at')} AS requested_at,
  ${millis('e.done_at')} AS done_at, e.messages, e.redactions, e.dead_letters`;

const REQUEST = `WITH ${BUMP},
  forgotten AS (
    INSERT INTO forgotten_author AS f (user_id, before_id) SELECT $1::bigint, ${ID_OF_NOW} FROM bump
    ON CONFLICT (user_id) DO UPDATE SET before_id = GREATEST(f.before_id, EXCLUDED.before_id)
    RETURNING user_id, before_id),
  e AS (INSERT INTO erasure (user_id, before_id) SELECT user_id, before_id FROM forgotten RETURNING *)
  SELECT ${ERASURE_COLUMNS} FROM e`;
const ERASURE = `SELECT ${ERASURE_COLUMNS} FROM erasure AS e WHERE e.id = $1::bigint`;
const OPT_OUT = `WITH ${BUMP},
  earlier AS (SELECT user_id FROM forgotten_author WHERE user_id = $1::bigint AND opted_out_at IS NOT NULL),
  forgotten AS (
    INSERT INTO forgotten_author AS f (user_id, before_id, opted_out_at) SELECT $1::bigint, ${EVERY_ID}, now() FROM bump
    ON CONFLICT (user_id) DO UPDATE SET before_id = ${EVERY_ID}, opted_out_at = COALESCE(f.opted_out_at, now())
    RETURNING user_id)
  INSERT INTO erasure (user_id, before_id) SELECT user_id, ${EVERY_ID} FROM forgotten WHERE NOT EXISTS (SELECT FROM earlier)`;
// The erasure of an opt-out is the newest one that was to take everything.
const optOuts = (condition: string): string => `SELECT ${ERASURE_COLUMNS}, ${millis('f.opted_out_at')} AS opted_out_at
  FROM forgotten_author AS f
    JOIN LATERAL (SELECT * FROM erasure WHERE erasure.user_id = f.user_id AND erasure.requested_at >= f.opted_out_at
      ORDER BY erasure.id LIMIT 1) AS e ON true
  WHERE f.opted_out_at IS NOT NULL AND ${condition}`;
// A removal that is under way stops at what the author writes from now on.
const OPT_IN = `WITH ${BUMP},
  forgotten AS (
    UPDATE forgotten_author SET opted_out_at = NULL, before_id = ${ID_OF_NOW} FROM bump
    WHERE user_id = $1::bigint AND opted_out_at IS NOT NULL RETURNING user_id, before_id),
  capped AS (
    UPDATE erasure SET before_id = LEAST(erasure.before_id, forgotten.before_id) FROM forgotten
    WHERE erasure.user_id = forgotten.user_id AND erasure.done_at IS NULL)
  SELECT 1 AS opted_in FROM forgotten`;

const PENDING = `SELECT id::text, user_id::text, cursor_id::text FROM erasure WHERE done_at IS NULL ORDER BY erasure.id LIMIT 1`;
const AUTHORED = `SELECT m.id::text, m.guild_id::text, m.channel_id::text, m.parent_id::text
  FROM erasure AS e JOIN message AS m ON m.author_id = e.user_id AND m.id < e.before_id
  WHERE e.id = $1::bigint AND m.id > $2::bigint ORDER BY m.id LIMIT $3::int`;
const names = (column: string, pattern: string): string => `strpos(${column}, ${pattern}) > 0`;
const USER_OBJECT = `'"id":"' || u.id || '"'`;
const NAMING = `WITH u AS (SELECT user_id::text AS id, before_id FROM erasure WHERE id = $1::bigint),
  page AS MATERIALIZED (
    SELECT m.id, m.guild_id, m.channel_id, m.parent_id, m.deleted_at, m.author_id, m.payload FROM message AS m, u
    WHERE m.id > $2::bigint AND m.id < u.before_id ORDER BY m.id LIMIT $3::int),
  found AS (
    SELECT page.*, s.is_logged FROM page CROSS JOIN u CROSS JOIN LATERAL (SELECT
      ${names('page.payload', USER_OBJECT)} OR ${names('page.payload', "'<@' || u.id || '>'")}
        OR ${names('page.payload', "'<@!' || u.id || '>'")} AS is_named,
      EXISTS (SELECT FROM message_revision AS r WHERE r.message_id = page.id AND ${names('r.payload', USER_OBJECT)}) AS was_named,
      EXISTS (SELECT FROM mark AS k WHERE k.message_id = page.id AND k.user_id = u.id::bigint) AS is_marked,
      EXISTS (SELECT FROM event AS v WHERE v.message_id = page.id
        AND (${names('v.payload', USER_OBJECT)} OR ${names('v.payload', `'"user_id":"' || u.id || '"'`)})) AS is_logged) AS s
    WHERE page.deleted_at IS NULL AND page.author_id <> u.id::bigint AND (s.is_named OR s.was_named OR s.is_marked OR s.is_logged))
  SELECT examined.id::text AS examined_id, found.id::text, found.guild_id::text, found.channel_id::text,
    found.parent_id::text, found.is_logged
  FROM (SELECT max(page.id) AS id FROM page) AS examined LEFT JOIN found ON true ORDER BY found.id`;
const BEFORE = `WITH page AS MATERIALIZED (
    SELECT m.id, m.guild_id, m.channel_id, m.parent_id, m.deleted_at FROM message AS m
    WHERE m.id > $2::bigint AND m.id < $1::bigint ORDER BY m.id LIMIT $3::int)
  SELECT examined.id::text AS examined_id, p.id::text, p.guild_id::text, p.channel_id::text, p.parent_id::text
  FROM (SELECT max(page.id) AS id FROM page) AS examined LEFT JOIN page AS p ON p.deleted_at IS NULL ORDER BY p.id`;
const PRUNE_DEAD_LETTERS = `DELETE FROM dead_letter WHERE at < now() - $1::float8 * interval '1 millisecond' RETURNING 1 AS pruned`;

export function createPrivacyStore(database: Database): PrivacyStore & ErasureStore {
  const findOptOut = async (userId: string): Promise<OptOutRecord | null> => {
    const [row] = await database.query(optOuts('f.user_id = $1::bigint'), userId);
    return row === undefined ? null : parseOptOut(row);
  };
  return {
    async requestErasure(userId) {
      const [row] = await database.query(REQUEST, userId);
      if (row === undefined) throw new TypeError('the head row is missing');
      return parseErasure(row);
    },
    async erasure(id) {
      if (!isSnowflake(id)) return null;
      const [row] = await database.query(ERASURE, id);
      return row === undefined ? null : parseErasure(row);
    },
    async optOut(userId) {
      await database.query(OPT_OUT, userId);
      const record = await findOptOut(userId);
      if (record === null) throw new TypeError('the opt-out was taken back at the same moment');
      return record;
    },
    findOptOut,
    async optOuts(afterId, limit) {
      const sql = `${optOuts('f.user_id > $1::bigint')} ORDER BY f.user_id LIMIT $2::int`;
      return (await database.query(sql, afterId, limit)).map(parseOptOut);
    },
    optIn: async (userId) => (await database.query(OPT_IN, userId)).length > 0,
    async pendingErasure() {
      const [row] = await database.query(PENDING);
      if (row === undefined) return null;
      return { id: text(row, 'id'), userId: text(row, 'user_id'), cursorId: nullableText(row, 'cursor_id') };
    },
    authoredMessages: async (erasureId, afterId, limit) =>
      (await database.query(AUTHORED, erasureId, afterId, limit)).map(parsePlace),
    async namingMessages(erasureId, afterId, limit) {
      const rows = await database.query(NAMING, erasureId, afterId, limit);
      const messages = rows.filter(hasId).map((row) => ({ ...parsePlace(row), isLogged: flag(row, 'is_logged') }));
      return { examinedId: examinedId(rows), messages };
    },
    async messagesBefore(beforeId, afterId, limit) {
      const rows = await database.query(BEFORE, beforeId, afterId, limit);
      return { examinedId: examinedId(rows), messages: rows.filter(hasId).map(parsePlace) };
    },
    pruneDeadLetters: async (ageMs) => (await database.query(PRUNE_DEAD_LETTERS, ageMs)).length,
  };
}

const hasId = (row: Row): boolean => row.id !== null;

function examinedId([first]: readonly Row[]): string | null {
  return first === undefined ? null : nullableText(first, 'examined_id');
}

const parsePlace = (row: Row): PlacedMessage => ({
  id: text(row, 'id'),
  guildId: text(row, 'guild_id'),
  channelId: text(row, 'channel_id'),
  parentId: nullableText(row, 'parent_id'),
});

const parseErasure = (row: Row): ErasureRecord => ({
  id: text(row, 'id'),
  userId: text(row, 'user_id'),
  requestedAtMs: integer(row, 'requested_at'),
  doneAtMs: nullableInteger(row, 'done_at'),
  messages: integer(row, 'messages'),
  redactions: integer(row, 'redactions'),
  deadLetters: integer(row, 'dead_letters'),
});

const parseOptOut = (row: Row): OptOutRecord => ({
  userId: text(row, 'user_id'),
  optedOutAtMs: integer(row, 'opted_out_at'),
  erasure: parseErasure(row),
});
