import { brokerUrlProblem, openBroker } from '@dms/broker';
import { openEventLog } from '@dms/event-log';
import {
  commonSettings,
  createLogger,
  EXIT_CONFIG,
  ExitError,
  loadConfigOrExit,
  openOperations,
  retryUntilReady,
  runService,
  withCheck,
  withEnvFile,
} from '@dms/runtime';
import { chooseDiscord, discordConfig, ingesterConfig, ingesterSettings } from './config.ts';
import { createIngester } from './ingester.ts';
import { WAITING_FOR_DATABASE } from './ingester-readiness.ts';

const { DATABASE_URL, ENVIRONMENT, LOG_LEVEL, METRICS_PORT } = commonSettings;
const REDIS_URL = withCheck(commonSettings.REDIS_URL, brokerUrlProblem);
const config = loadConfigOrExit(
  { ...ingesterConfig, ...discordConfig, DATABASE_URL, REDIS_URL, ENVIRONMENT, LOG_LEVEL, METRICS_PORT },
  withEnvFile(process.env),
);
const discord = chooseDiscord(config);
const logger = createLogger({
  service: 'ingester',
  level: config.LOG_LEVEL,
  format: config.ENVIRONMENT === 'production' ? 'json' : 'readable',
});

await runService({
  logger,
  start: async (signal) => {
    const operations = await openOperations({
      port: config.METRICS_PORT,
      logger,
      whileStarting: WAITING_FOR_DATABASE,
    });
    if (discord.isSimulated) {
      const { host } = new URL(discord.apiUrl);
      logger.warn('this is a demo with a simulated discord: set DISCORD_TOKEN for yours', { host });
    }
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
      settings: ingesterSettings(config, discord),
      logger,
      metrics: operations.metrics,
      onRefused: (error) => refuse(new ExitError(EXIT_CONFIG, error.message)),
    });
    operations.reportReadiness(ingester.readiness);
    logger.info('standing by for the lease');
    return {
      done,
      async stop() {
        await ingester.stop();
        await broker.close();
        await log.close();
        await operations.close();
      },
    };
  },
});
