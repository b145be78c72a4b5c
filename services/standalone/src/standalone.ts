import { join } from 'node:path';
import { openBroker, openPageCache, openSharedCounts } from '@dms/broker';
import { type DiscordSimulator, startDiscordSimulator } from '@dms/discord-simulator';
import { DirectoryInUseError, startEmbeddedDatabase } from '@dms/embedded-database';
import { type EventLog, migrate, openEventLog } from '@dms/event-log';
import {
  createGateway,
  createReplicaId,
  type Gateway,
  type GatewayDeps,
  gatewaySettings,
  placeCaps,
} from '@dms/gateway';
import { createIngester, type DiscordEnd, ingesterSettings, SIMULATED_TOKEN } from '@dms/ingester';
import {
  EXIT_CONFIG,
  ExitError,
  ensurePortIsFree,
  type Logger,
  masterApiKey,
  openOperations,
  type Readiness,
  retryUntilReady,
  type Service,
} from '@dms/runtime';
import type { StandaloneConfig } from './config.ts';
import { createDemoHandler } from './demo/demo-handler.ts';
import { createHandoverBroker } from './demo/handover-broker.ts';
import { openRestartableGateway, type RestartableGateway } from './demo/restartable-gateway.ts';
import { createSimulatedControls } from './demo/simulated-controls.ts';
import { ensureFirstKey } from './first-key.ts';
import type { Terminal } from './terminal.ts';

const SIMULATOR_MAX_MESSAGES = 50_000;
/** There is nowhere else to move to: a client that was asked to goes, and comes back when the process does. */
const MOVE_GRACE_MS = 1_000;

/** From sysexits.h: something that is needed belongs to somebody else. */
const EXIT_UNAVAILABLE = 69;

interface Parts {
  readonly config: StandaloneConfig;
  readonly logger: Logger;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Ends the process: what happened cannot be repaired by going on. */
  readonly fail: (error: Error) => void;
}

const STARTING: Readiness = { status: 'down', reasons: ['The process is starting.'] };

/** What was opened, to be closed in reverse order. */
type Cleanup = () => Promise<unknown>;

/** Everything in one process: simulator when there is no token, embedded database when there is no `DATABASE_URL`, memory
 *  broker when there is no Redis; ingester and gateway as they are in a cluster. */
export async function startStandalone(parts: Omit<Parts, 'fail'>): Promise<Service> {
  let fail = (_error: Error): void => {};
  const done = new Promise<void>((_, reject) => {
    fail = reject;
  });
  const cleanups: Cleanup[] = [];
  const stop = async (): Promise<void> => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  try {
    await start({ ...parts, fail }, cleanups);
    return { done, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(parts: Parts, cleanups: Cleanup[]): Promise<void> {
  const { config, logger, terminal, fail } = parts;
  const operations = await openOperations({ port: config.METRICS_PORT, logger, whileStarting: STARTING });
  cleanups.push(operations.close);
  await ensurePortIsFree(config.PORT, 'PORT');
  await showBanner(config, terminal);

  const { discord, simulator } = await startDiscord(parts, cleanups);
  const log = await startLog(parts, cleanups);
  const broker = openBroker(config.REDIS_URL);
  cleanups.push(() => broker.close());
  const pageCache = openPageCache(config.REDIS_URL);
  cleanups.push(() => pageCache.close());
  const gateway = await startGateway(
    parts,
    { log, broker, pageCache, metrics: operations.metrics },
    simulator,
    cleanups,
  );
  const ingester = createIngester({
    log,
    broker,
    settings: ingesterSettings(config, discord),
    logger: logger.child({ part: 'ingester' }),
    metrics: operations.metrics,
    onRefused: (error) => fail(new ExitError(EXIT_CONFIG, error.message)),
    onCommitted: terminal.showEvents,
    onBackfill: terminal.showBackfill,
  });
  cleanups.push(() => ingester.stop());
  operations.reportReadiness(async () => bothReady(ingester.readiness(), await gateway.current.readiness()));
  logger.info('ready', { port: gateway.current.port, seconds: Number(process.uptime().toFixed(1)) });
}

async function showBanner(config: StandaloneConfig, terminal: Terminal): Promise<void> {
  const address = `localhost:${config.PORT}`;
  const mode =
    config.DISCORD_TOKEN === undefined ? 'demo: a simulated Discord; set DISCORD_TOKEN for yours' : 'Discord';
  terminal.line('');
  terminal.line(`  Discord Message Streamer · ${mode}`);
  terminal.line('');
  terminal.line(`  Watch     http://${address}/`);
  terminal.line(`  History   curl http://${address}/messages?limit=5`);
  terminal.line(`  Stream    ws://${address}/ws`);
  terminal.line(`  Health    http://${address}/health`);
  if (config.API_KEY === undefined && config.API_KEYS.length === 0) {
    const { key, isNew } = await ensureFirstKey(config.DATA_DIR);
    if (isNew)
      terminal.line(`  Key       ${key}   (for /stats; kept in ${join(config.DATA_DIR, 'api-key')}, shown once)`);
  }
  terminal.line('');
}

/** One process is as ready as the worse of its two halves. */
function bothReady(ingester: Readiness, gateway: Readiness): Readiness {
  const statuses = [ingester.status, gateway.status];
  return {
    status: statuses.includes('down') ? 'down' : statuses.includes('degraded') ? 'degraded' : 'ok',
    reasons: [...ingester.reasons, ...gateway.reasons],
    ingester,
    gateway,
  };
}

interface DiscordSide {
  readonly discord: DiscordEnd;
  /** Null: it is the real one, or one that somebody else runs. */
  readonly simulator: DiscordSimulator | null;
}

async function startDiscord({ config, logger }: Parts, cleanups: Cleanup[]): Promise<DiscordSide> {
  const { DISCORD_TOKEN: token, DISCORD_API_URL: apiUrl } = config;
  if (token !== undefined) return { discord: { token, apiUrl, isSimulated: false }, simulator: null };
  const simulator = await startDiscordSimulator({
    rate: config.SIMULATOR_RATE,
    // Nobody reads its history twice, and a demo may run for weeks.
    rateLimits: false,
    maxMessages: SIMULATOR_MAX_MESSAGES,
    ...(config.SIMULATOR_SCRIPT !== undefined && { script: config.SIMULATOR_SCRIPT }),
  });
  cleanups.push(() => simulator.close());
  logger.info('simulated discord is up', { port: simulator.port });
  if (config.DATABASE_URL !== undefined) logger.warn('no DISCORD_TOKEN: simulated messages go to the given database');
  return { discord: { token: SIMULATED_TOKEN, apiUrl: simulator.apiUrl, isSimulated: true }, simulator };
}

/** The demo's messages and a real server's never share a database. */
const databaseDirectory = (config: StandaloneConfig): string =>
  join(config.DATA_DIR, config.DISCORD_TOKEN === undefined ? 'demo' : 'discord');

async function startLog({ config, logger, signal, fail }: Parts, cleanups: Cleanup[]): Promise<EventLog> {
  const url = config.DATABASE_URL ?? (await startDatabase(databaseDirectory(config), logger, fail, cleanups));
  const { applied } = await retryUntilReady(() => migrate(url), { logger, what: 'database', signal });
  if (applied.length > 0) logger.info('database schema is up to date', { applied: applied.length });
  const log = await openEventLog(url, { keepsRevisions: config.KEEP_REVISIONS });
  cleanups.push(() => log.close());
  return log;
}

async function startDatabase(
  directory: string,
  logger: Logger,
  fail: Parts['fail'],
  cleanups: Cleanup[],
): Promise<string> {
  const database = await startEmbeddedDatabase({
    directory,
    onProgress: (phase) => logger.info(`embedded database is ${phase}`, { directory }),
    onCrash: fail,
  }).catch((error: unknown) => {
    if (!(error instanceof DirectoryInUseError)) throw error;
    throw new ExitError(EXIT_UNAVAILABLE, `Cannot start: ${error.message} with DATA_DIR.`, { cause: error });
  });
  cleanups.push(() => database.stop());
  return database.url;
}

async function startGateway(
  { config, logger, terminal, fail }: Parts,
  deps: Pick<GatewayDeps, 'log' | 'broker' | 'pageCache' | 'metrics'>,
  simulator: DiscordSimulator | null,
  cleanups: Cleanup[],
): Promise<RestartableGateway> {
  const settings = gatewaySettings(config);
  const firstKey = settings.apiKeys.length === 0 ? [masterApiKey((await ensureFirstKey(config.DATA_DIR)).key)] : [];
  const counts = openSharedCounts(config.REDIS_URL, { replicaId: createReplicaId(), caps: placeCaps(settings) });
  cleanups.push(() => counts.close());
  const restart = (): void => void gateway.restart();
  const demo = simulator === null ? {} : { demo: createDemoHandler(createSimulatedControls(simulator, restart)) };
  const broker = createHandoverBroker(deps.broker);
  const open = (port = settings.port): Promise<Gateway> => {
    deps.metrics.forget('dms_gateway_');
    return createGateway({
      ...deps,
      broker,
      counts,
      ...demo,
      settings: {
        ...settings,
        port,
        apiKeys: [...settings.apiKeys, ...firstKey],
        drainNoticeMs: 0,
        moveGraceMs: MOVE_GRACE_MS,
      },
      logger: logger.child({ part: 'gateway' }),
    });
  };
  const gateway: RestartableGateway = await openRestartableGateway(open, fail);
  cleanups.push(async () => {
    const clients = await gateway.stop();
    terminal.line(`  drained ${clients} clients · last seq ${gateway.current.feed.last.seq} · bye`);
  });
  return gateway;
}
