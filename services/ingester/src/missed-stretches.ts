import { compareSnowflakes } from '@dms/protocol';
import type { Progress } from './progress.ts';
import { idAt, type JsonObject, numberAt, objectsIn } from './sanitise.ts';

/** A channel whose `last_message_id` moved while nobody was listening. */
export interface MissedStretch {
  readonly channelId: string;
  readonly guildId: string;
  /** Fetch what came after. */
  readonly afterId: string;
}

/** Forum and media channels: their `last_message_id` names a thread, and they have no messages. */
const THREAD_ONLY_TYPES: ReadonlySet<number> = new Set([15, 16]);

export const newer = (a: string, b: string): string => (compareSnowflakes(a, b) > 0 ? a : b);

/** A thread's first message may share the thread's id, so its beginning is just before it. */
export const beginningOf = (channelId: string): string => (BigInt(channelId) - 1n).toString();

/** True when a channel of the guild was stored before. */
export function isStored(guild: JsonObject, progress: Pick<Progress, 'cursor'>): boolean {
  const ids = [...objectsIn(guild.channels), ...objectsIn(guild.threads)].map((channel) => idAt(channel, 'id'));
  return ids.some((id) => id !== null && progress.cursor(id) !== undefined);
}

/** Compares a GUILD_CREATE with what is stored, before anything is learned from it. Only channels that moved are returned, so a
 *  quiet restart costs no request. In a guild seen for the first time everything was before us. A channel first seen in a
 *  known guild is fetched from its beginning, yet not from before the last moment we are known to have listened there:
 *  it may be an old one that only became visible. */
export function missedStretches(guild: JsonObject, progress: Pick<Progress, 'cursor'>): readonly MissedStretch[] {
  const guildId = idAt(guild, 'id');
  const channels = [...objectsIn(guild.channels), ...objectsIn(guild.threads)].flatMap((channel) => {
    const channelId = idAt(channel, 'id');
    return channelId === null ? [] : [{ channel, channelId, cursor: progress.cursor(channelId) }];
  });
  const known = channels.flatMap(({ cursor }) => (cursor === undefined ? [] : [cursor ?? '0']));
  if (guildId === null || known.length === 0) return [];
  const lastMoment = known.reduce(newer);
  return channels.flatMap(({ channel, channelId, cursor }) => {
    const newestId = idAt(channel, 'last_message_id');
    if (newestId === null || THREAD_ONLY_TYPES.has(numberAt(channel, 'type') ?? 0)) return [];
    const beginning = beginningOf(channelId);
    const afterId = cursor === undefined ? newer(beginning, lastMoment) : (cursor ?? beginning);
    return compareSnowflakes(newestId, afterId) > 0 ? [{ channelId, guildId, afterId }] : [];
  });
}
