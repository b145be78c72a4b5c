import { openBroker } from '@dms/broker';
import { openEventLog } from '@dms/event-log';
import {
  commonSettings,
  createLogger,
  EXIT_CONFIG,
  ExitError,
  loadConfigOrExit,
  retryUntilReady,
  runService,
  withEnvFile,
} from '@dms/runtime';
import { ingesterConfig, ingesterSettings } from './config.ts';
import { createIngester } from './ingester.ts';

const { DISCORD_TOKEN, DATABASE_URL, REDIS_URL, ENVIRONMENT, LOG_LEVEL } = commonSettings;
const config = loadConfigOrExit(
  { ...ingesterConfig, DISCORD_TOKEN, DATABASE_URL, REDIS_URL, ENVIRONMENT, LOG_LEVEL },
  withEnvFile(process.env),
);
const logger = createLogger({
  service: 'ingester',
  level: config.LOG_LEVEL,
  format: config.ENVIRONMENT === 'production' ? 'json' : 'readable',
});

await runService({
  logger,
  start: async (signal) => {
    const log = await retryUntilReady(
      () => openEventLog(config.DATABASE_URL, { keepsRevisions: config.KEEP_REVISIONS }),
      { logger, what: 'database', signal },
    );
    const broker = openBroker(config.REDIS_URL);
    let refuse = (_error: ExitError): void => {};
    const done = new Promise<void>((_, reject) => {
      refuse = reject;
    });
    const ingester = createIngester({
      log,
      broker,
      settings: ingesterSettings(config, config.DISCORD_TOKEN),
      logger,
      onRefused: (error) => refuse(new ExitError(EXIT_CONFIG, error.message)),
    });
    logger.info('standing by for the lease');
    return {
      done,
      async stop() {
        await ingester.stop();
        await broker.close();
        await log.close();
      },
    };
  },
});
