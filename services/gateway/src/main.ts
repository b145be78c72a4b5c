import { brokerUrlProblem, openBroker, openPageCache, openSharedCounts } from '@dms/broker';
import { openEventLog } from '@dms/event-log';
import {
  commonSettings,
  createLogger,
  ensurePortIsFree,
  loadConfigOrExit,
  openOperations,
  retryUntilReady,
  runService,
  withCheck,
  withEnvFile,
} from '@dms/runtime';
import { createReplicaId, gatewayConfig, gatewaySettings, placeCaps } from './config.ts';
import { createGateway } from './gateway.ts';
import { STARTING } from './readiness.ts';

const { DATABASE_URL, ENVIRONMENT, LOG_LEVEL, METRICS_PORT } = commonSettings;
const REDIS_URL = withCheck(commonSettings.REDIS_URL, brokerUrlProblem);
const config = loadConfigOrExit(
  { ...gatewayConfig, DATABASE_URL, REDIS_URL, ENVIRONMENT, LOG_LEVEL, METRICS_PORT },
  withEnvFile(process.env),
);
const logger = createLogger({
  service: 'gateway',
  level: config.LOG_LEVEL,
  format: config.ENVIRONMENT === 'production' ? 'json' : 'readable',
});

await runService({
  logger,
  start: async (signal) => {
    const operations = await openOperations({ port: config.METRICS_PORT, logger, whileStarting: STARTING });
    await ensurePortIsFree(config.PORT, 'PORT');
    const log = await retryUntilReady(() => openEventLog(config.DATABASE_URL), { logger, what: 'database', signal });
    const broker = openBroker(config.REDIS_URL);
    const pageCache = openPageCache(config.REDIS_URL);
    const settings = gatewaySettings(config);
    const counts = openSharedCounts(config.REDIS_URL, { replicaId: createReplicaId(), caps: placeCaps(settings) });
    const { metrics } = operations;
    const gateway = await createGateway({ log, broker, counts, pageCache, settings, logger, metrics });
    operations.reportReadiness(gateway.readiness);
    logger.info('listening', { port: gateway.port });
    return {
      async stop() {
        const connections = await gateway.stop();
        logger.info('drained', { connections });
        await counts.close();
        await broker.close();
        await pageCache.close();
        await log.close();
        await operations.close();
      },
    };
  },
});
