import { hostname } from 'node:os';
import { type ConfigOf, commonSettings, requiredWithout } from '@dms/runtime';
import type { IngesterSettings } from './ingester.ts';

/** What the ingester itself reads; a process adds where Discord, its log and its broker are. */
export const ingesterConfig = {
  DISCORD_GUILD_ID: commonSettings.DISCORD_GUILD_ID,
  DISCORD_CHANNEL_ID: commonSettings.DISCORD_CHANNEL_ID,
  DISCORD_API_URL: commonSettings.DISCORD_API_URL,
  EVENT_RETENTION_HOURS: commonSettings.EVENT_RETENTION_HOURS,
  KEEP_REVISIONS: commonSettings.KEEP_REVISIONS,
  RECONCILE_MESSAGES: commonSettings.RECONCILE_MESSAGES,
  BACKFILL_DAYS: commonSettings.BACKFILL_DAYS,
};

/** What an ingester in a process of its own reads to find Discord: a token, or a simulator that needs none. */
export const discordConfig = {
  DISCORD_TOKEN: requiredWithout('SIMULATOR_API_URL', commonSettings.DISCORD_TOKEN),
  SIMULATOR_API_URL: commonSettings.SIMULATOR_API_URL,
};

/** Accepted by the simulator, which wants a well-formed token like Discord; opens nothing anywhere else. */
export const SIMULATED_TOKEN = 'c2ltdWxhdG9y.simulator.simulator';

/** Which Discord to connect to, and as whom. */
export interface DiscordEnd {
  readonly token: string;
  /** Without the version: `https://discord.com/api`. */
  readonly apiUrl: string;
  readonly isSimulated: boolean;
}

/** Whoever has a token means Discord itself, whatever is said about a simulator. */
export function chooseDiscord(config: ConfigOf<typeof ingesterConfig & typeof discordConfig>): DiscordEnd {
  const { DISCORD_TOKEN: token, DISCORD_API_URL: apiUrl, SIMULATOR_API_URL: simulatorApiUrl } = config;
  if (token !== undefined) return { token, apiUrl, isSimulated: false };
  // Without a token there is a simulator, or the configuration was refused.
  return { token: SIMULATED_TOKEN, apiUrl: simulatorApiUrl ?? apiUrl, isSimulated: true };
}

export function ingesterSettings(config: ConfigOf<typeof ingesterConfig>, discord: DiscordEnd): IngesterSettings {
  return {
    token: discord.token,
    discordApiUrl: discord.apiUrl,
    watched: { guildIds: new Set(config.DISCORD_GUILD_ID), channelIds: new Set(config.DISCORD_CHANNEL_ID) },
    holder: `${hostname()}:${process.pid}`,
    eventRetentionHours: config.EVENT_RETENTION_HOURS,
    // A simulator that was restarted does not know the messages of the one before: compared with it, they would all be deleted.
    backfillDays: config.BACKFILL_DAYS,
    reconcileMessages: discord.isSimulated ? 0 : config.RECONCILE_MESSAGES,
  };
}
