import type { Change, DirectoryChannel, EventLog } from '@dms/event-log';
import type { Logger } from '@dms/runtime';
import type { DiscordHistory } from './discord-rest.ts';
import { persistently } from './fetch-history.ts';
import { idAt, isJsonObject, type Json, type JsonObject, objectAt, objectsIn } from './sanitise.ts';
import { channelDeleted } from './sweep-deleted.ts';

export interface DeletedMeanwhileDeps {
  readonly log: Pick<EventLog, 'channels' | 'stamp'>;
  readonly history: Pick<DiscordHistory, 'hasChannel'>;
  /** False: nothing more is taken, give up. */
  readonly push: (change: Change) => boolean;
  readonly logger: Logger;
}

/** Looks for channels and threads that were deleted while nobody listened: those that are stored and that Discord, describing
 *  the guild, does not name any more. Each is asked for before it is believed: what the bot merely may not see is there.
 *  Threads count only if they were not archived, since Discord never names archived ones. Outages are waited for. Never
 *  rejects; the next fresh session begins anew. */
export async function findDeletedMeanwhile(
  guild: JsonObject,
  { log, history, push, logger }: DeletedMeanwhileDeps,
  signal: AbortSignal,
): Promise<void> {
  const guildId = idAt(guild, 'id');
  const named = new Set([...objectsIn(guild.channels), ...objectsIn(guild.threads)].map((each) => idAt(each, 'id')));
  try {
    const known = await persistently(() => log.channels(), { channelId: guildId ?? '', logger }, signal);
    const stored = known.filter((channel) => channel.guildId === guildId && !named.has(channel.id));
    for (const channel of stored.filter((each) => !isArchived(each))) {
      const ask = () => history.hasChannel(channel.id, signal);
      if ((await persistently(ask, { channelId: channel.id, logger }, signal)) !== false) continue;
      logger.info('a channel was deleted while nobody listened', { channelId: channel.id });
      if (!push(channelDeleted(channel, log.stamp()))) return;
    }
  } catch (error) {
    if (!signal.aborted) logger.warn('deleted channels could not be looked for', { error });
  }
}

function isArchived({ payload }: DirectoryChannel): boolean {
  const channel: Json = JSON.parse(payload);
  return isJsonObject(channel) && objectAt(channel, 'thread_metadata')?.archived === true;
}
