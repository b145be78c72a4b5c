import { setTimeout as sleep } from 'node:timers/promises';
import type { Change, DeletedChannel, DirectoryChannel, EventLog } from '@dms/event-log';
import type { Logger } from '@dms/runtime';
import { eventPayload } from './message-payload.ts';
import { reached } from './steps.ts';

const PAGE = 500;
const ROOM_INTERVAL_MS = 50;
/** A guild may be left, or seem to be, by mistake: Discord has sent outages that looked like it. What is deleted stays so. */
export const LEFT_GUILD_GRACE_MS = 24 * 3_600_000;

export interface SweepDeps {
  readonly log: Pick<EventLog, 'leftGuilds' | 'orphanChannels' | 'deletedChannels' | 'storedMessageIds' | 'stamp'>;
  /** False: nothing more is taken, give up. */
  readonly feed: (change: Change) => boolean;
  /** The sweep waits while this is false: live dispatches need the room. */
  readonly hasRoom: () => boolean;
  /** True when Discord, connected, shows that the bot is not in the guild. Otherwise a stored leave may be out of date. */
  readonly mayPurgeGuild: (guildId: string) => boolean;
  /** Default: 24 hours. */
  readonly leftGuildGraceMs?: number | undefined;
  readonly logger: Logger;
}

/** Deletes what goes with deleted channels, threads and left guilds, since Discord sends no deletes for it
 *  (https://github.com/discord/discord-api-docs/issues/4581): threads and channels first, then every message. Idempotent, and
 *  what a crash leaves undone is found again. Resolves with how many changes it fed; @throws when aborted or when nothing
 *  more is taken. */
export async function sweepDeleted(deps: SweepDeps, signal: AbortSignal): Promise<number> {
  const { log, mayPurgeGuild, leftGuildGraceMs = LEFT_GUILD_GRACE_MS } = deps;
  const fed = { changes: 0 };
  const feed = async (change: Change, isStillDue = (): boolean => true): Promise<void> => {
    while (!deps.hasRoom()) await sleep(ROOM_INTERVAL_MS, undefined, { signal });
    signal.throwIfAborted();
    if (!isStillDue()) return;
    if (!deps.feed(change)) throw new Error('nothing more is taken');
    fed.changes += 1;
  };
  const leftGuilds = new Set((await log.leftGuilds(leftGuildGraceMs)).filter(mayPurgeGuild));
  for (const channel of await log.orphanChannels([...leftGuilds], PAGE)) {
    // The bot may be added again while this waits for room.
    const isStillDue = () => !leftGuilds.has(channel.guildId) || mayPurgeGuild(channel.guildId);
    await feed(channelDeleted(channel, log.stamp()), isStillDue);
  }
  for (const channel of await log.deletedChannels(PAGE)) {
    await emptyChannel(channel, deps, feed);
    reached('channel-emptied');
    await feed({ kind: 'emptied', id: channel.id });
  }
  return fed.changes;
}

async function emptyChannel(
  { id: channelId, guildId, parentId }: DeletedChannel,
  { log }: SweepDeps,
  feed: (change: Change) => Promise<void>,
): Promise<void> {
  for (let beforeId: string | null = null; ; ) {
    const ids: readonly string[] = await log.storedMessageIds({ channelId, fromId: '0', beforeId, limit: PAGE });
    const place = { guildId, channelId, parentId, bulkId: channelId };
    for (const id of ids) await feed({ kind: 'delete', id, ...place, origin: 'reconcile', observedAt: log.stamp() });
    beforeId = ids.at(-1) ?? null;
    if (ids.length < PAGE) return;
  }
}

/** The change that a channel or thread is gone, found out by ourselves; its event is worded as Discord's THREAD_DELETE. */
export function channelDeleted(channel: DirectoryChannel, observedAt: number): Change {
  const { id, guildId, parentId, type, name } = channel;
  const payload = eventPayload({ id, guild_id: guildId, parent_id: parentId, type }, []);
  const what = {
    kind: 'channel',
    id,
    guildId,
    parentId,
    type,
    name,
    baselineMessageId: null,
    hash: '',
    payload,
  } as const;
  return { ...what, isDeleted: true, origin: 'reconcile', observedAt, isNews: true };
}
