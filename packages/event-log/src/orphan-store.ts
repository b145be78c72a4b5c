import type { Database } from './database.ts';
import type { DirectoryChannel } from './event-log.ts';
import { parseChannel } from './message-store.ts';
import { nullableText, text } from './rows.ts';

export interface DeletedChannel {
  readonly id: string;
  readonly guildId: string;
  readonly parentId: string | null;
}

/** What goes with something that was deleted, and of which Discord says nothing by itself. */
export interface OrphanStore {
  /** The ids of guilds that were left at least `leftForMs` ago, as far as is stored: the bot may be back since. */
  leftGuilds(leftForMs: number): Promise<readonly string[]>;
  /** Up to `limit` threads of deleted channels, and channels of these guilds, which were left. */
  orphanChannels(leftGuildIds: readonly string[], limit: number): Promise<readonly DirectoryChannel[]>;
  /** Up to `limit` deleted channels and threads in which messages may be left. */
  deletedChannels(limit: number): Promise<readonly DeletedChannel[]>;
}

const LEFT = `SELECT id::text FROM guild WHERE left_at <= now() - $1::float8 * interval '1 millisecond'`;
const ORPHANS = `SELECT c.id::text, c.guild_id::text, c.parent_id::text, c.type, c.name, c.payload
  FROM channel AS c LEFT JOIN channel AS parent ON parent.id = c.parent_id
  WHERE NOT c.is_deleted
    AND (parent.is_deleted OR c.guild_id IN (SELECT g.id::bigint FROM json_array_elements_text($1::json) AS g(id))) LIMIT $2::int`;
const DELETED = `SELECT id::text, guild_id::text, parent_id::text FROM channel
  WHERE is_deleted AND NOT is_emptied LIMIT $1::int`;

export function createOrphanStore(database: Database): OrphanStore {
  return {
    leftGuilds: async (leftForMs) => (await database.query(LEFT, leftForMs)).map((row) => text(row, 'id')),
    orphanChannels: async (leftGuildIds, limit) =>
      (await database.query(ORPHANS, JSON.stringify(leftGuildIds), limit)).map(parseChannel),
    deletedChannels: async (limit) =>
      (await database.query(DELETED, limit)).map((row) => ({
        id: text(row, 'id'),
        guildId: text(row, 'guild_id'),
        parentId: nullableText(row, 'parent_id'),
      })),
  };
}
