import type { Change, EventLog } from '@dms/event-log';
import type { Logger } from '@dms/runtime';

export interface LeftMeanwhileDeps {
  readonly log: Pick<EventLog, 'guilds' | 'isOnlyBot' | 'stamp'>;
  readonly bot: string;
  readonly isWatched: (guildId: string) => boolean;
  /** True when Discord, connected, shows that the bot is not in the guild. */
  readonly isAbsent: (guildId: string) => boolean;
  /** False: nothing more is taken, give up. */
  readonly push: (change: Change) => boolean;
  /** Ends what is open of the guild. */
  readonly abandon: (guildId: string) => void;
  readonly logger: Logger;
}

/** Looks for guilds that the bot left while nobody listened: those that are stored and that READY does not name. A database that
 *  another bot writes to, or did, is left alone: its guilds are not ours. Never rejects; the next fresh session asks again. */
export async function findLeftMeanwhile(deps: LeftMeanwhileDeps, signal: AbortSignal): Promise<void> {
  const { log, bot, isWatched, isAbsent, push, abandon, logger } = deps;
  try {
    const [guilds, isOnlyBot] = await Promise.all([log.guilds(), log.isOnlyBot(bot)]);
    if (!isOnlyBot || signal.aborted) return;
    for (const { id } of guilds.filter((guild) => isWatched(guild.id) && isAbsent(guild.id))) {
      logger.info('a guild was left while nobody listened', { guildId: id });
      abandon(id);
      if (!push({ kind: 'guild-left', id, origin: 'reconcile', observedAt: log.stamp() })) return;
    }
  } catch (error) {
    if (!signal.aborted) logger.warn('guilds that were left could not be looked for', { error });
  }
}
