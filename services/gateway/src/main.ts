import { openBroker } from '@dms/broker';
import { openEventLog } from '@dms/event-log';
import { commonSettings, createLogger, loadConfigOrExit, retryUntilReady, runService } from '@dms/runtime';
import { gatewayConfig, gatewaySettings } from './config.ts';
import { createGateway } from './gateway.ts';

const { DATABASE_URL, REDIS_URL, ENVIRONMENT, LOG_LEVEL } = commonSettings;
const config = loadConfigOrExit({ ...gatewayConfig, DATABASE_URL, REDIS_URL, ENVIRONMENT, LOG_LEVEL }, process.env);
const logger = createLogger({
  service: 'gateway',
  level: config.LOG_LEVEL,
  format: config.ENVIRONMENT === 'production' ? 'json' : 'readable',
});

await runService({
  logger,
  start: async (signal) => {
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
