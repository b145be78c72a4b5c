import type { BackfillChange, BackfillList } from './change.ts';
import type { Database } from './database.ts';
import { flag, integer, nullableInteger, nullableText, type Row, text } from './rows.ts';

/** A channel or thread as far as the import of older history asks. */
export interface BackfillTarget {
  readonly channelId: string;
  readonly guildId: string;
  readonly parentId: string | null;
  /** Discord's channel type number. */
  readonly type: number;
  /** Newest message when the channel was first seen: what is newer came live or in a gap. Null: there was none. */
  readonly baselineMessageId: string | null;
}

/** How far the import of older history has come. */
export interface BackfillStore {
  /** Every channel and thread that is not deleted, by id. */
  backfillTargets(): Promise<readonly BackfillTarget[]>;
  /** Of these, as far as the import has begun. */
  backfills(): Promise<readonly BackfillChange[]>;
}

const TARGETS = `SELECT id::text, guild_id::text, parent_id::text, type, baseline_message_id::text
  FROM channel WHERE NOT is_deleted ORDER BY channel.id`;
const BACKFILLS = `SELECT b.channel_id::text, b.guild_id::text, b.list, b.cursor, b.is_whole, b.is_done, b.refused
  FROM backfill AS b JOIN channel AS c ON c.id = b.channel_id AND NOT c.is_deleted ORDER BY b.channel_id, b.list`;

export function createBackfillStore(database: Database): BackfillStore {
  return {
    backfillTargets: async () => (await database.query(TARGETS)).map(parseTarget),
    backfills: async () => (await database.query(BACKFILLS)).map(parseBackfill),
  };
}

function parseTarget(row: Row): BackfillTarget {
  return {
    channelId: text(row, 'id'),
    guildId: text(row, 'guild_id'),
    parentId: nullableText(row, 'parent_id'),
    type: integer(row, 'type'),
    baselineMessageId: nullableText(row, 'baseline_message_id'),
  };
}

const LISTS: readonly BackfillList[] = ['messages', 'public', 'private', 'joined'];

function parseBackfill(row: Row): BackfillChange {
  const name = text(row, 'list');
  const list = LISTS.find((known) => known === name);
  if (list === undefined) throw new TypeError(`the list ${name} is not known`);
  return {
    ...{ kind: 'backfill', id: text(row, 'channel_id'), guildId: text(row, 'guild_id'), list },
    ...{ cursor: nullableText(row, 'cursor'), isWhole: flag(row, 'is_whole'), isDone: flag(row, 'is_done') },
    refused: nullableInteger(row, 'refused'),
  };
}
