import { compareSnowflakes, isSnowflake, LOG_START, type Position, parsePosition } from '@dms/protocol';
import type { Database } from './database.ts';
import type {
  ChannelProgress,
  DirectoryChannel,
  DirectoryGuild,
  MessagePage,
  MessagePageText,
  MessageQuery,
  MessageStore,
  StoredMessageRow,
} from './event-log.ts';
import { assertLimit } from './log-reader.ts';
import { PAYLOAD_SEPARATOR, pageShape, pageStatement, pageTextStatement, servedPayload } from './page-statement.ts';
import { flag, integer, nullableText, type Row, text } from './rows.ts';

/** At 64 KiB of payload each, what one read may take of memory. */
export const MAX_QUERY_MESSAGES = 250;

const MESSAGE = `SELECT id::text, channel_id::text, parent_id::text, deleted_at IS NOT NULL AS is_deleted,
    ${servedPayload('message')}
  FROM message WHERE message.id = $1::bigint`;
const REVISIONS = 'SELECT payload FROM message_revision WHERE message_id = $1::bigint ORDER BY revision';
const GUILDS = 'SELECT id::text, name, payload FROM guild WHERE left_at IS NULL';
const CHANNELS = `SELECT id::text, guild_id::text, parent_id::text, type, name,
    CASE WHEN last_pin_timestamp IS NULL THEN payload
      ELSE left(payload, -1) || ',"last_pin_timestamp":"' || last_pin_timestamp || '"}' END AS payload
  FROM channel WHERE NOT is_deleted`;

// The baseline wins over older messages: an unfurl of an old one must not turn the history before the baseline into a gap.
// A range and an order over both columns fit the (channel_id, id) index only; see page-statement.
const PROGRESS = `SELECT c.id::text AS channel_id, GREATEST(newest.id, c.baseline_message_id)::text AS last_message_id
  FROM channel AS c
  LEFT JOIN LATERAL (SELECT m.id FROM message AS m WHERE m.channel_id >= c.id AND m.channel_id <= c.id
    ORDER BY m.channel_id DESC, m.id DESC LIMIT 1) AS newest ON true
  WHERE NOT c.is_deleted ORDER BY c.id`;

export function createMessageStore(database: Database): MessageStore {
  const findById = async <T>(sql: string, id: string, parse: (row: Row) => T): Promise<T | null> => {
    if (!isSnowflake(id)) return null;
    const [row] = await database.query(sql, id);
    return row === undefined ? null : parse(row);
  };
  return {
    async messages(query) {
      assertLimit(query.limit, MAX_QUERY_MESSAGES);
      const { sql, values } = pageStatement(query);
      return toPage(query, await database.query(sql, ...values));
    },
    async messagesText(query) {
      assertLimit(query.limit, MAX_QUERY_MESSAGES);
      const { sql, values } = pageTextStatement(query);
      const [row] = await database.read(sql, ...values);
      if (row === undefined) throw new TypeError('a page is one row');
      return toPageText(query, row);
    },
    message: (id) => findById(MESSAGE, id, parseMessage),
    revisions: async (id) =>
      isSnowflake(id) ? (await database.query(REVISIONS, id)).map((row) => text(row, 'payload')) : [],
    guilds: async () => (await database.query(`${GUILDS} ORDER BY guild.id`)).map(parseGuild),
    guild: (id) => findById(`${GUILDS} AND guild.id = $1::bigint`, id, parseGuild),
    channels: async () => (await database.query(`${CHANNELS} ORDER BY channel.id`)).map(parseChannel),
    channel: (id) => findById(`${CHANNELS} AND channel.id = $1::bigint`, id, parseChannel),
    channelProgress: async () => (await database.query(PROGRESS)).map(parseProgress),
  };
}

function toPage(query: MessageQuery, rows: readonly Row[]): MessagePage {
  const messages = rows.filter((row) => row.id !== null).map(parseMessage);
  const { cursor, limit } = query;
  const { older } = pageShape(query);
  const position = positionOf(rows[0]);
  // The one row too many is the newest when travelling up, else the oldest.
  if (cursor.kind === 'after') {
    const hasMore = messages.length > limit;
    return { messages: hasMore ? messages.slice(1) : messages, hasMore, position };
  }
  const hasMore =
    countBelow(
      messages.map(({ id }) => id),
      cursor,
    ) === older;
  return { messages: hasMore ? messages.slice(0, -1) : messages, hasMore, position };
}

function toPageText({ cursor, limit, ...query }: MessageQuery, row: Row): MessagePageText {
  const ids = nullableText(row, 'ids')?.slice(1, -1).split(',') ?? [];
  const position = parsePosition(nullableText(row, 'position') ?? '') ?? LOG_START;
  const isUp = cursor.kind === 'after';
  const { older } = pageShape({ cursor, limit, ...query });
  const hasMore = isUp ? ids.length > limit : countBelow(ids, cursor) === older;
  const all = nullableText(row, 'json') ?? '';
  const [found, messages] = hasMore ? dropOne(ids, all, isUp) : [ids, all];
  return { json: `[${messages}]`, newestId: found[0] ?? null, oldestId: found.at(-1) ?? null, hasMore, position };
}

const countBelow = (ids: readonly string[], cursor: MessageQuery['cursor']): number =>
  cursor.kind === 'around' ? ids.filter((id) => compareSnowflakes(id, cursor.id) <= 0).length : ids.length;

/** Without the one message too many, which is the newest or the oldest. */
function dropOne(ids: readonly string[], messages: string, isNewest: boolean): [readonly string[], string] {
  if (isNewest) {
    const end = messages.indexOf(PAYLOAD_SEPARATOR);
    return [ids.slice(1), end === -1 ? '' : messages.slice(end + PAYLOAD_SEPARATOR.length)];
  }
  return [ids.slice(0, -1), messages.slice(0, Math.max(0, messages.lastIndexOf(PAYLOAD_SEPARATOR)))];
}

function positionOf(row: Row | undefined): Position {
  return row === undefined || row.seq === null ? LOG_START : { term: integer(row, 'term'), seq: integer(row, 'seq') };
}

function parseMessage(row: Row): StoredMessageRow {
  return {
    id: text(row, 'id'),
    isDeleted: flag(row, 'is_deleted'),
    channelId: text(row, 'channel_id'),
    parentId: nullableText(row, 'parent_id'),
    payload: text(row, 'payload'),
  };
}

function parseGuild(row: Row): DirectoryGuild {
  return { id: text(row, 'id'), name: text(row, 'name'), payload: text(row, 'payload') };
}

export function parseChannel(row: Row): DirectoryChannel {
  const guildId = text(row, 'guild_id');
  return { ...parseGuild(row), guildId, parentId: nullableText(row, 'parent_id'), type: integer(row, 'type') };
}

function parseProgress(row: Row): ChannelProgress {
  return { channelId: text(row, 'channel_id'), lastMessageId: nullableText(row, 'last_message_id') };
}
