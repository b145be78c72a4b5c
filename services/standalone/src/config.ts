import { gatewayConfig } from '@dms/gateway';
import { ingesterConfig } from '@dms/ingester';
import { type ConfigOf, commonSettings, optional, withDefault } from '@dms/runtime';

/** Everything has a default: without any setting it is a demo on an embedded database. */
export const standaloneConfig = {
  ...gatewayConfig,
  ...ingesterConfig,
  DISCORD_TOKEN: optional(commonSettings.DISCORD_TOKEN),
  DATABASE_URL: optional(commonSettings.DATABASE_URL),
  REDIS_URL: withDefault(commonSettings.REDIS_URL, 'memory:'),
  ENVIRONMENT: commonSettings.ENVIRONMENT,
  LOG_LEVEL: commonSettings.LOG_LEVEL,
  DATA_DIR: commonSettings.DATA_DIR,
  SIMULATOR_SCRIPT: commonSettings.SIMULATOR_SCRIPT,
  SIMULATOR_RATE: commonSettings.SIMULATOR_RATE,
};

export type StandaloneConfig = ConfigOf<typeof standaloneConfig>;
