import { openBroker } from '@dms/broker';
import { openEventLog } from '@dms/event-log';
import { commonSettings, createLogger, loadConfigOrExit, retryUntilReady, runService, withEnvFile } from '@dms/runtime';
import { gatewayConfig, gatewaySettings } from './config.ts';
import { createGateway } from './gateway.ts';
import { ensurePortIsFree } from './port.ts';

const { DATABASE_URL, REDIS_URL, ENVIRONMENT, LOG_LEVEL } = commonSettings;
const config = loadConfigOrExit(
  { ...gatewayConfig, DATABASE_URL, REDIS_URL, ENVIRONMENT, LOG_LEVEL },
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
    await ensurePortIsFree(config.PORT);
    const log = await retryUntilReady(() => openEventLog(config.DATABASE_URL), { logger, what: 'database', signal });
    const broker = openBroker(config.REDIS_URL);
    const gateway = await createGateway({ log, broker, settings: gatewaySettings(config), logger });
    logger.info('listening', { port: gateway.port });
    return {
      async stop() {
        const connections = await gateway.stop();
        logger.info('drained', { connections });
        await broker.close();
        await log.close();
      },
    };
  },
});
