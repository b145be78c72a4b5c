import { hostname } from 'node:os';
import { type ConfigOf, commonSettings } from '@dms/runtime';
import type { IngesterSettings } from './ingester.ts';

/** What the ingester itself reads; a process adds the token, its log and its broker. */
export const ingesterConfig = {
  DISCORD_GUILD_ID: commonSettings.DISCORD_GUILD_ID,
  DISCORD_CHANNEL_ID: commonSettings.DISCORD_CHANNEL_ID,
  DISCORD_API_URL: commonSettings.DISCORD_API_URL,
  EVENT_RETENTION_HOURS: commonSettings.EVENT_RETENTION_HOURS,
  KEEP_REVISIONS: commonSettings.KEEP_REVISIONS,
  RECONCILE_MESSAGES: commonSettings.RECONCILE_MESSAGES,
};

export function ingesterSettings(config: ConfigOf<typeof ingesterConfig>, token: string): IngesterSettings {
  return {
    token,
    discordApiUrl: config.DISCORD_API_URL,
    watched: { guildIds: new Set(config.DISCORD_GUILD_ID), channelIds: new Set(config.DISCORD_CHANNEL_ID) },
    holder: `${hostname()}:${process.pid}`,
    eventRetentionHours: config.EVENT_RETENTION_HOURS,
    reconcileMessages: config.RECONCILE_MESSAGES,
  };
}
