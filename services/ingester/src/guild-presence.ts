import type { LogEvent } from '@dms/protocol';
import { idAt, type JsonObject } from './sanitise.ts';

/** Which guilds the bot is certainly not in: that it left one may be stored, and that it is back not yet. */
export interface GuildPresence {
  /** Before connecting: nothing is known until `ready` or `resumed`. */
  forget(): void;
  /** READY names every guild the bot is in. */
  ready(guildIds: readonly string[]): void;
  /** Everything that was missed has been dispatched. */
  resumed(): void;
  /** Learns from a sanitised dispatch of any type. */
  learn(type: string, data: JsonObject): void;
  /** A guild that is left counts as present until that is stored: before, the store tells the time of an earlier leave. */
  stored(events: readonly LogEvent[]): void;
  isAbsent(guildId: string): boolean;
}

/** `isWatched`: that the bot is back in any other guild is never stored, so that only READY tells. */
export function createGuildPresence(isWatched: (guildId: string) => boolean): GuildPresence {
  let known: 'nothing' | 'changes' | 'all' = 'nothing';
  let present = new Set<string>();
  const leaving = new Set<string>();

  const begin = (how: typeof known, guildIds: readonly string[]): void => {
    known = how;
    present = new Set(guildIds);
    leaving.clear();
  };

  return {
    forget: () => begin('nothing', []),
    ready: (guildIds) => begin('all', guildIds),
    resumed() {
      if (known === 'nothing') known = 'changes';
    },
    learn(type, data) {
      const guildId = idAt(data, 'id');
      if (guildId === null) return;
      if (type === 'GUILD_CREATE') {
        present.add(guildId);
        leaving.delete(guildId);
      }
      // Unavailable, it has an outage.
      if (type === 'GUILD_DELETE' && data.unavailable !== true) {
        present.add(guildId);
        leaving.add(guildId);
      }
    },
    stored(events) {
      for (const { type, guildId } of events) {
        if (type === 'GUILD_DELETE' && guildId !== null && leaving.delete(guildId)) present.delete(guildId);
      }
    },
    isAbsent: (guildId) => !present.has(guildId) && (known === 'all' || (known === 'changes' && isWatched(guildId))),
  };
}
