import { type EmbeddedDatabase, startEmbeddedDatabase } from '@dms/embedded-database';
import { type Change, type EventLog, type LogWriter, migrate, openEventLog } from '@dms/event-log';

export interface RealLog {
  readonly log: EventLog;
  readonly writer: LogWriter;
  /** Takes the database away under the open log. */
  stopDatabase(): Promise<void>;
  stop(): Promise<void>;
}

/** The event log on an embedded database of its own, with this process as its writer. */
export async function openRealLog(): Promise<RealLog> {
  const database: EmbeddedDatabase = await startEmbeddedDatabase({ directory: null });
  await migrate(database.url);
  const log = await openEventLog(database.url, { poolSize: 2 });
  const writer = await log.acquire('http-test');
  if (writer === null) throw new Error('an empty log already has a writer');
  return {
    log,
    writer,
    stopDatabase: () => database.stop(),
    async stop() {
      await log.close();
      await database.stop();
    },
  };
}

export interface Written {
  readonly id: string;
  readonly channelId?: string;
  readonly parentId?: string | null;
  readonly authorId?: string;
  readonly content?: string;
  readonly origin?: 'live' | 'backfill';
}

export const GUILD_ID = '900';

export function messageChange(log: EventLog, written: Written): Change {
  const {
    id,
    channelId = '10',
    parentId = null,
    authorId = '500',
    content = `text ${written.id}`,
    origin = 'live',
  } = written;
  return {
    kind: 'message',
    origin,
    observedAt: log.stamp(),
    isComplete: true,
    id,
    guildId: GUILD_ID,
    channelId,
    parentId,
    authorId,
    hash: `${id} ${content}`,
    editedAtMs: null,
    payload: JSON.stringify({ id, channel_id: channelId, guild_id: GUILD_ID, author: { id: authorId }, content }),
    tally: null,
    isTallyFresh: false,
  };
}

export function deleteChange(log: EventLog, id: string, channelId = '10'): Change {
  return {
    kind: 'delete',
    origin: 'live',
    observedAt: log.stamp(),
    id,
    guildId: GUILD_ID,
    channelId,
    parentId: null,
    bulkId: null,
  };
}

export function guildChange(id: string): Change {
  const name = `guild ${id}`;
  const payload = JSON.stringify({ id, name });
  return { kind: 'guild', id, name, hash: name, payload, eventPayload: payload, ...firstSighting };
}

/** Type 0 is a text channel, 4 a category, 11 a public thread. */
export function channelChange(id: string, guildId: string, type = 0, parentId: string | null = null): Change {
  const payload = JSON.stringify({ id, guild_id: guildId, type, parent_id: parentId });
  return {
    kind: 'channel',
    id,
    guildId,
    parentId,
    type,
    name: `channel-${id}`,
    baselineMessageId: null,
    isDeleted: false,
    hash: payload,
    payload,
    ...firstSighting,
  };
}

/** What was there before we were makes no event. */
const firstSighting = { origin: 'live', observedAt: 1, isNews: false } as const;
