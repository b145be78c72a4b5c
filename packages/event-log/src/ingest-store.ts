import { SHARD } from './append-statement.ts';
import type { CatchUpChange, CatchUpPhase } from './change.ts';
import type { Database } from './database.ts';
import type { DiscordSession, IdentifyUse, OpenGap, SessionOwner } from './discord-session.ts';
import type { BackfillCoverage, ChannelCoverage, DirectoryChannel } from './event-log.ts';
import { parseChannel } from './message-store.ts';
import { flag, integer, nullableInteger, nullableText, type Row, text } from './rows.ts';

/** Ids of one channel: `fromId` and newer, older than `beforeId`. */
export interface StoredRange {
  readonly channelId: string;
  readonly fromId: string;
  /** Null: from the newest on. */
  readonly beforeId: string | null;
  readonly limit: number;
}

/** What an ingester needs to go on where the last one stopped. */
export interface IngestStore {
  /** The session of this owner; null when there is none, or one with another fingerprint. */
  discordSession(owner: SessionOwner): Promise<DiscordSession | null>;
  /** Milliseconds since the Unix epoch at which this bot's connection was last known to be alive; null = never. */
  lastListenedMs(bot: string): Promise<number | null>;
  /** Whether this bot has had sessions here, and no other. */
  isOnlyBot(bot: string): Promise<boolean>;
  /** Oldest first. */
  openGaps(): Promise<readonly OpenGap[]>;
  /** Of the channels in open gaps. */
  openCatchUps(): Promise<readonly CatchUpChange[]>;
  /** Of every channel that is not deleted, by id. */
  coverage(): Promise<readonly ChannelCoverage[]>;
  /** Also the deleted ones: what comes late about them still needs their names. By id. */
  everyChannel(): Promise<readonly DirectoryChannel[]>;
  /** Messages that are not deleted, newest first. */
  storedMessageIds(range: StoredRange): Promise<readonly string[]>;
  identifyUse(bot: string): Promise<IdentifyUse>;
  /** Counts one IDENTIFY; to be called before it is sent. */
  spendIdentify(bot: string): Promise<void>;
}

const SESSION = `SELECT bot, fingerprint, session_id, resume_url, sequence, has_message_content
  FROM discord_session WHERE bot = $1::text AND shard = ${SHARD} AND fingerprint = $2::text`;
const millis = (time: string): string => `floor(extract(epoch FROM ${time}) * 1000)::bigint`;
const LISTENED = `SELECT ${millis('max(updated_at)')} AS at FROM discord_session WHERE bot = $1::text`;
const ONLY_BOT = 'SELECT COALESCE(bool_and(bot = $1::text), false) AS is_only FROM discord_session';
const OPEN_GAPS = `SELECT id::text, guild_id::text, reason, ${millis('since')} AS since, is_planned
  FROM gap WHERE closed_at IS NULL ORDER BY gap.id`;
const OPEN_CATCH_UPS = `SELECT channel_id::text, gap_id::text, guild_id::text, phase, cursor_id::text, newest_id::text, examined
  FROM catch_up WHERE gap_id IN (SELECT id FROM gap WHERE closed_at IS NULL) ORDER BY catch_up.channel_id`;
const CHANNELS =
  'SELECT id::text, guild_id::text, parent_id::text, type, name, payload FROM channel ORDER BY channel.id';
// A range and an order over both columns fit the (channel_id, id) index only; see page-statement.
const STORED = `SELECT m.id::text FROM message AS m
  WHERE m.channel_id >= $1::bigint AND m.channel_id <= $1::bigint AND m.id >= $2::bigint
    AND ($3::text IS NULL OR m.id < $3::bigint) AND m.deleted_at IS NULL
  ORDER BY m.channel_id DESC, m.id DESC LIMIT $4::int`;
// The window starts anew 24 hours after its first IDENTIFY, as Discord's does.
const IDENTIFY_USE = `SELECT used, ${millis("window_started_at + interval '24 hours'")} - ${millis('now()')} AS resets_in,
    ${millis('now()')} - ${millis('last_at')} AS since_last
  FROM identify_budget WHERE bot = $1::text AND window_started_at > now() - interval '24 hours'`;
const SPEND = `INSERT INTO identify_budget AS b (bot, window_started_at, used, last_at) VALUES ($1::text, now(), 1, now())
  ON CONFLICT (bot) DO UPDATE SET last_at = now(),
    window_started_at = CASE WHEN b.window_started_at > now() - interval '24 hours' THEN b.window_started_at ELSE now() END,
    used = CASE WHEN b.window_started_at > now() - interval '24 hours' THEN b.used + 1 ELSE 1 END`;
// One probe of the (channel_id, id) index at each end; tombstones there are walked over.
const end = (order: 'ASC' | 'DESC'): string => `(SELECT m.id FROM message AS m
    WHERE m.channel_id >= c.id AND m.channel_id <= c.id AND m.deleted_at IS NULL
    ORDER BY m.channel_id ${order}, m.id ${order} LIMIT 1)`;
const COVERAGE = `SELECT c.id::text, c.guild_id::text, c.parent_id::text, c.type, ${end('ASC')}::text AS oldest_message_id,
    ${end('DESC')}::text AS newest_message_id, u.gap_id::text, u.phase, u.cursor_id::text, u.newest_id::text, u.examined,
    m.cursor AS imported_from, COALESCE(m.is_whole, false) AS is_whole, b.is_imported, b.refused
  FROM channel AS c LEFT JOIN catch_up AS u ON u.channel_id = c.id AND (u.phase = 'unrecoverable'
    OR EXISTS (SELECT FROM gap WHERE gap.id = u.gap_id AND gap.closed_at IS NULL))
    LEFT JOIN backfill AS m ON m.channel_id = c.id AND m.list = 'messages'
    LEFT JOIN LATERAL (SELECT bool_and(is_done) AS is_imported, max(refused) FILTER (WHERE NOT is_done) AS refused
      FROM backfill WHERE backfill.channel_id = c.id) AS b ON true
  WHERE NOT c.is_deleted ORDER BY c.id`;

export function createIngestStore(database: Database): IngestStore {
  return {
    async discordSession({ bot, fingerprint }) {
      const [row] = await database.query(SESSION, bot, fingerprint);
      return row === undefined ? null : parseSession(row);
    },
    async lastListenedMs(bot) {
      const [row] = await database.query(LISTENED, bot);
      return row === undefined ? null : nullableInteger(row, 'at');
    },
    async isOnlyBot(bot) {
      const [row] = await database.query(ONLY_BOT, bot);
      return row !== undefined && flag(row, 'is_only');
    },
    openGaps: async () => (await database.query(OPEN_GAPS)).map(parseGap),
    openCatchUps: async () => (await database.query(OPEN_CATCH_UPS)).map(parseCatchUp),
    coverage: async () => (await database.query(COVERAGE)).map(parseCoverage),
    everyChannel: async () => (await database.query(CHANNELS)).map(parseChannel),
    async storedMessageIds({ channelId, fromId, beforeId, limit }) {
      const rows = await database.query(STORED, channelId, fromId, beforeId, limit);
      return rows.map((row) => text(row, 'id'));
    },
    async identifyUse(bot) {
      const [row] = await database.query(IDENTIFY_USE, bot);
      if (row === undefined) return { used: 0, resetsInMs: 0, sinceLastMs: null };
      return {
        used: integer(row, 'used'),
        resetsInMs: integer(row, 'resets_in'),
        sinceLastMs: integer(row, 'since_last'),
      };
    },
    async spendIdentify(bot) {
      await database.query(SPEND, bot);
    },
  };
}

function parseSession(row: Row): DiscordSession {
  return {
    bot: text(row, 'bot'),
    fingerprint: text(row, 'fingerprint'),
    sessionId: text(row, 'session_id'),
    resumeUrl: text(row, 'resume_url'),
    sequence: integer(row, 'sequence'),
    hasMessageContent: flag(row, 'has_message_content'),
  };
}

function parseGap(row: Row): OpenGap {
  return {
    id: text(row, 'id'),
    guildId: text(row, 'guild_id'),
    reason: text(row, 'reason'),
    sinceMs: nullableInteger(row, 'since'),
    isPlanned: flag(row, 'is_planned'),
  };
}

const PHASES: readonly CatchUpPhase[] = ['presence', 'missed', 'look_back', 'threads', 'done', 'unrecoverable'];

export function parseCatchUp(row: Row): CatchUpChange {
  const name = text(row, 'phase');
  const phase = PHASES.find((known) => known === name);
  if (phase === undefined) throw new TypeError(`the phase ${name} is not known`);
  return {
    kind: 'catch_up',
    id: text(row, 'channel_id'),
    gapId: text(row, 'gap_id'),
    guildId: text(row, 'guild_id'),
    phase,
    cursorId: nullableText(row, 'cursor_id'),
    newestId: nullableText(row, 'newest_id'),
    examined: integer(row, 'examined'),
  };
}

function parseCoverage(row: Row): ChannelCoverage {
  const channelId = text(row, 'id');
  return {
    channelId,
    guildId: text(row, 'guild_id'),
    parentId: nullableText(row, 'parent_id'),
    type: integer(row, 'type'),
    oldestMessageId: nullableText(row, 'oldest_message_id'),
    newestMessageId: nullableText(row, 'newest_message_id'),
    catchUp: row.gap_id === null ? null : parseCatchUp({ ...row, channel_id: channelId }),
    backfill: row.is_imported === null ? null : parseBackfillCoverage(row),
  };
}

function parseBackfillCoverage(row: Row): BackfillCoverage {
  return {
    cursorId: nullableText(row, 'imported_from'),
    isWhole: flag(row, 'is_whole'),
    isDone: flag(row, 'is_imported'),
    refused: nullableInteger(row, 'refused'),
  };
}
