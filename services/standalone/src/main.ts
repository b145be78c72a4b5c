import { createLogger, loadConfigOrExit, runService, withEnvFile } from '@dms/runtime';
import { standaloneConfig } from './config.ts';
import { startStandalone } from './standalone.ts';
import { createTerminal } from './terminal.ts';

const config = loadConfigOrExit(standaloneConfig, withEnvFile(process.env));
const isProduction = config.ENVIRONMENT === 'production';
const logger = createLogger({
  service: 'standalone',
  level: config.LOG_LEVEL,
  format: isProduction ? 'json' : 'readable',
});
const isTerminal = process.stdout.isTTY === true;
// Nobody wrote what the demo says.
const showsEvents = isTerminal || config.DISCORD_TOKEN === undefined;
const options = { isShown: !isProduction, showsEvents, isColoured: isTerminal };
const terminal = createTerminal(options, (text) => process.stdout.write(text));

await runService({ logger, start: (signal) => startStandalone({ config, logger, terminal, signal }) });
