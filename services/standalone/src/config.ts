import { brokerUrlProblem } from '@dms/broker';
import { gatewayConfig } from '@dms/gateway';
import { ingesterConfig } from '@dms/ingester';
import { type ConfigOf, commonSettings, optional, withCheck, withDefault } from '@dms/runtime';

/** Everything has a default: without any setting it is a demo on an embedded database. */
export const standaloneConfig = {
  ...gatewayConfig,
  ...ingesterConfig,
  DISCORD_TOKEN: optional(commonSettings.DISCORD_TOKEN),
  DATABASE_URL: optional(commonSettings.DATABASE_URL),
  REDIS_URL: withDefault(withCheck(commonSettings.REDIS_URL, brokerUrlProblem), 'memory:'),
  ENVIRONMENT: commonSettings.ENVIRONMENT,
  LOG_LEVEL: commonSettings.LOG_LEVEL,
  METRICS_PORT: commonSettings.METRICS_PORT,
  DATA_DIR: commonSettings.DATA_DIR,
  SIMULATOR_SCRIPT: commonSettings.SIMULATOR_SCRIPT,
  SIMULATOR_RATE: commonSettings.SIMULATOR_RATE,
};

export type StandaloneConfig = ConfigOf<typeof standaloneConfig>;
