export type { BackfillProgress } from './backfill-progress.ts';
export { type DiscordEnd, discordConfig, ingesterConfig, ingesterSettings, SIMULATED_TOKEN } from './config.ts';
export { DiscordRefusedError } from './discord-refused-error.ts';
export { createIngester, type Ingester, type IngesterDeps, type IngesterSettings } from './ingester.ts';
