import { queryPostgres } from '@dms/test-kit/servers';

/** A database full of messages, put there by PostgreSQL itself. */
export interface Archive {
  readonly channels: readonly string[];
  /** Of the newest and the oldest message. */
  readonly newestId: bigint;
  readonly oldestId: bigint;
}

const CHANNELS = 64;
/** Snowflakes lie 2^22 apart for each millisecond; here every message is a millisecond younger than the one before. */
const FIRST_ID = 1_574_164_571_483_013_120n;
const ID_STEP = 4_194_304n;
const FIRST_CHANNEL = 1_000;
const TIMEOUT_MS = 900_000;

const ROWS = `SELECT ${FIRST_ID} + i * ${ID_STEP} AS id, 1 AS guild_id,
    ${FIRST_CHANNEL} + floor(power(random(), 2) * ${CHANNELS})::int AS channel_id, 5000 + i % 300 AS author_id,
    (SELECT string_agg(substr(md5((i * 31 + w)::text), 1, 2 + w % 7), ' ') FROM generate_series(1, 4 + (i % 29)::int) AS w) AS text
  FROM generate_series(1, $1::bigint) AS i`;

const PAYLOAD = `json_build_object('type', 0, 'content', text, 'mentions', '[]'::json, 'mention_roles', '[]'::json,
  'attachments', '[]'::json, 'embeds', '[]'::json, 'timestamp', '2026-11-22T20:48:00.405Z', 'edited_timestamp', NULL, 'flags', 0,
  'components', '[]'::json, 'id', id::text, 'channel_id', channel_id::text, 'author', json_build_object('id', author_id::text,
  'username', 'user' || author_id, 'global_name', 'User ' || author_id, 'avatar', NULL), 'pinned', false, 'mention_everyone', false,
  'tts', false, 'guild_id', guild_id::text, 'deleted_at', NULL, 'display', json_build_object('text', text, 'author_name',
  'User ' || author_id, 'author_color', '#2ecc71', 'author_avatar_url', 'https://cdn.discordapp.com/embed/avatars/4.png',
  'channel_name', 'general', 'guild_name', 'Harbour Lane', 'parent_id', NULL, 'content_available', true), 'revision', 0)::text`;

/** Fills a migrated, empty database with `messages` messages of 64 channels, written in turn as they would be, of which some are much
 *  livelier than others. The index of words is left out: pages do not use it, and it takes longer than the rest. */
export async function fillArchive(url: string, messages: number): Promise<Archive> {
  const run = (sql: string, values: readonly unknown[] = []) =>
    queryPostgres(`${url}${url.includes('?') ? '&' : '?'}options=-c%20statement_timeout%3D${TIMEOUT_MS}`, sql, values);
  await run('DROP INDEX message_words_idx');
  await run(
    `INSERT INTO message (id, guild_id, channel_id, author_id, hash, observed_at, revision, payload)
      SELECT id, guild_id, channel_id, author_id, id::text, 0, 0, ${PAYLOAD} FROM (${ROWS}) AS rows`,
    [messages],
  );
  await run(
    `INSERT INTO event (seq, term, type, guild_id, payload) VALUES (1, 1, 'GUILD_UPDATE', 1, '{"id":"1","origin":"live"}')`,
  );
  await run('UPDATE head SET term = 1, seq = 1');
  await run('VACUUM (ANALYZE) message');
  return {
    channels: Array.from({ length: CHANNELS }, (_, index) => String(FIRST_CHANNEL + index)),
    newestId: FIRST_ID + BigInt(messages) * ID_STEP,
    oldestId: FIRST_ID + ID_STEP,
  };
}
