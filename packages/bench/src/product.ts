import { join } from 'node:path';
import type { Child } from './child.ts';
import type { Form } from './command-line.ts';
import type { Measured } from './cpu.ts';
import { type Infrastructure, openInfrastructure } from './infrastructure.ts';
import { freePort, startProgram, untilReady, type Workshop } from './processes.ts';

/** The product, running and connected to a simulator. */
export interface Product {
  readonly streamUrl: string;
  /** Of `processes`, the one that clients are connected to. */
  readonly server: string;
  readonly processes: readonly Measured[];
  stop(): Promise<void>;
}

export interface ProductOptions {
  readonly form: Form;
  readonly apiUrl: string;
  readonly directory: string;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
}

const MIGRATE_TIMEOUT_MS = 60_000;
/** Logs and limits as in production, but room for every client of one address. */
export const SETTINGS = {
  ENVIRONMENT: 'production',
  LOG_LEVEL: 'warn',
  RATE_LIMIT_MAX_REQUESTS: '0',
  WS_MAX_CONNECTIONS_PER_REPLICA: '20000',
  WS_MAX_CONNECTS_PER_IP: '0',
  WS_MAX_CONNECTIONS_PER_IP: '0',
};
const TOKEN = 'bench.bot.token';

/** Resolves when clients may connect; messages come a few seconds later, as the script says. */
export function startProduct(workshop: Workshop, options: ProductOptions): Promise<Product> {
  return options.form === 'standalone' ? startStandalone(workshop, options) : startCluster(workshop, options);
}

async function startStandalone(workshop: Workshop, { apiUrl, directory }: ProductOptions): Promise<Product> {
  const port = await freePort();
  const discord = { DISCORD_TOKEN: TOKEN, DISCORD_API_URL: apiUrl };
  const env = { ...SETTINGS, ...discord, PORT: String(port), DATA_DIR: join(directory, 'data') };
  const standalone = await startProgram(workshop, 'services/standalone', 'main', { env });
  await untilReady(standalone, port);
  return {
    streamUrl: streamUrlOf(port),
    server: 'standalone',
    processes: [{ name: 'standalone', pid: standalone.pid }],
    stop: () => standalone.stop(),
  };
}

async function startCluster(workshop: Workshop, options: ProductOptions): Promise<Product> {
  const servers = await openInfrastructure(options);
  const started: Child[] = [];
  const stop = async (): Promise<void> => {
    for (const child of started.reverse()) await child.stop();
    await servers.stop();
  };
  try {
    return { ...(await startServices(workshop, options.apiUrl, servers, started)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startServices(
  workshop: Workshop,
  apiUrl: string,
  { databaseUrl, redisUrl, processes }: Infrastructure,
  started: Child[],
): Promise<Omit<Product, 'stop'>> {
  const port = await freePort();
  const env = { ...SETTINGS, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl };
  const migrate = await startProgram(workshop, 'packages/event-log', 'bin/migrate', { env });
  await migrate.line(/applied|up to date/, MIGRATE_TIMEOUT_MS);
  const gateway = await startProgram(workshop, 'services/gateway', 'main', { env: { ...env, PORT: String(port) } });
  started.push(gateway);
  await untilReady(gateway, port);
  await requireEmptyLog(port);
  const discord = { DISCORD_TOKEN: TOKEN, DISCORD_API_URL: apiUrl };
  const ingester = await startProgram(workshop, 'services/ingester', 'main', { env: { ...env, ...discord } });
  started.push(ingester);
  return {
    streamUrl: streamUrlOf(port),
    server: 'gateway',
    processes: [{ name: 'gateway', pid: gateway.pid }, { name: 'ingester', pid: ingester.pid }, ...processes],
  };
}

const streamUrlOf = (port: number): string => `ws://127.0.0.1:${port}/ws?types=MESSAGE_CREATE`;

/** A given database is somebody's: the benchmark never writes beside what is there. */
async function requireEmptyLog(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/messages?limit=1`);
  const page: unknown = await response.json();
  const position = typeof page === 'object' && page !== null && 'position' in page ? page.position : null;
  if (position !== '0:0') throw new Error(`the database must be empty, but its log is at ${String(position)}`);
}
