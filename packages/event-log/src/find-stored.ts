import { isSnowflake } from '@dms/protocol';
import type { Change } from './change.ts';
import { bigintArray, type Database } from './database.ts';
import type { StoredGap } from './reduce-gaps.ts';
import { markId, type StoredChannel, type StoredGuild, type StoredState, type Surroundings } from './reduction.ts';
import { flag, integer, nullableInteger, nullableText, type Row, text } from './rows.ts';
import type { StateWindow } from './state-window.ts';
import { answerKey, parseTally, reactionKey } from './tally.ts';

export const STATE_COLUMNS = `id::text, hash, edited_at_ms, observed_at, revision, deleted_at IS NOT NULL AS is_deleted,
  parent_id::text, author_id::text, tally, tally_at`;

export function parseState(row: Row): readonly [string, StoredState] {
  const observedAt = integer(row, 'observed_at');
  const state = {
    hash: text(row, 'hash'),
    editedAtMs: nullableInteger(row, 'edited_at_ms'),
    observedAt,
    revision: integer(row, 'revision'),
    isDeleted: flag(row, 'is_deleted'),
    parentId: nullableText(row, 'parent_id'),
    authorId: nullableText(row, 'author_id'),
    tally: parseTally(nullableText(row, 'tally')),
    tallyAt: nullableInteger(row, 'tally_at') ?? observedAt,
  };
  return [text(row, 'id'), state];
}

/** The states of the messages that the batch names: from the window, or from the database for those it cannot know. */
export async function findStates(database: Database, window: StateWindow, changes: readonly Change[]) {
  const states = new Map<string, StoredState>();
  const unknown = new Set<string>();
  for (const { id } of changes.filter(isAboutMessage)) {
    const state = window.find(id);
    if (state !== undefined && state !== null) states.set(id, state);
    // An id that is none was never stored; asking for it would only fail the lookup of the others.
    if (state === undefined && isSnowflake(id)) unknown.add(id);
  }
  if (unknown.size === 0) return states;
  const sql = `SELECT ${STATE_COLUMNS} FROM message WHERE message.id = ANY($1::text::bigint[])`;
  for (const row of await database.query(sql, bigintArray(unknown))) {
    const [id, state] = parseState(row);
    states.set(id, state);
  }
  return states;
}

const isAboutMessage = ({ kind }: Change): boolean => kind === 'message' || kind === 'delete' || kind === 'mark';

/** What else the batch names. Most batches are messages and ask for nothing. */
export async function findSurroundings(database: Database, changes: readonly Change[]): Promise<Surroundings> {
  const idsOf = (...kinds: readonly Change['kind'][]): readonly string[] => {
    const ids = changes.filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id);
    return [...new Set(ids)].filter(isSnowflake);
  };
  const find = async <T>(ids: readonly string[], sql: string, parse: (row: Row) => T) => {
    const rows = ids.length === 0 ? [] : await database.query(`${sql} = ANY($1::text::bigint[])`, bigintArray(ids));
    return new Map(rows.map((row) => [text(row, 'id'), parse(row)] as const));
  };
  return {
    marks: await findMarks(database, changes),
    guilds: await find(idsOf('guild', 'guild-left'), GUILDS, parseGuild),
    channels: await find(idsOf('channel', 'pins'), CHANNELS, parseChannel),
    gaps: await find(idsOf('gap'), GAPS, parseGap),
  };
}

const GUILDS = 'SELECT id::text, hash, observed_at, left_at IS NOT NULL AS is_deleted FROM guild WHERE guild.id';
const CHANNELS = `SELECT id::text, hash, observed_at, guild_id::text, parent_id::text, is_deleted, last_pin_timestamp
  FROM channel WHERE channel.id`;
const GAPS = 'SELECT id::text, closed_at IS NOT NULL AS is_closed FROM gap WHERE gap.id';

const parseGuild = (row: Row): StoredGuild => ({
  hash: text(row, 'hash'),
  observedAt: integer(row, 'observed_at'),
  isDeleted: flag(row, 'is_deleted'),
});

const parseChannel = (row: Row): StoredChannel => ({
  ...parseGuild(row),
  guildId: text(row, 'guild_id'),
  parentId: nullableText(row, 'parent_id'),
  lastPinTimestamp: nullableText(row, 'last_pin_timestamp'),
});

const parseGap = (row: Row): StoredGap => (flag(row, 'is_closed') ? 'closed' : 'open');

const MARKS = `SELECT mark.message_id::text, mark.key, mark.user_id::text, mark.is_set
  FROM json_to_recordset($1::json) AS k(message_id bigint, key text, user_id bigint)
  JOIN mark ON mark.message_id = k.message_id AND mark.key = k.key AND mark.user_id = k.user_id`;

async function findMarks(database: Database, changes: readonly Change[]): Promise<ReadonlyMap<string, boolean>> {
  const keys = changes.flatMap((change) => {
    if (change.kind !== 'mark' || change.userId === null) return [];
    const { id: messageId, mark, userId } = change;
    if (mark.kind !== 'answer' && mark.kind !== 'reaction') return [];
    if (!isSnowflake(messageId) || !isSnowflake(userId)) return [];
    const key = mark.kind === 'answer' ? answerKey(mark.id) : reactionKey(mark.emoji, mark.isBurst);
    return [{ message_id: messageId, key, user_id: userId }];
  });
  if (keys.length === 0) return new Map();
  const rows = await database.query(MARKS, JSON.stringify(keys));
  return new Map(
    rows.map((row) => [markId(text(row, 'message_id'), text(row, 'key'), text(row, 'user_id')), flag(row, 'is_set')]),
  );
}
