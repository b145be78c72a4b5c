import type { Child } from './child.ts';
import { type Measured, readCpu, spentCpu } from './cpu.ts';
import { freePort, startProgram, startSimulator, startWorker, type Workshop } from './processes.ts';
import { readSample } from './targets.ts';

/** What one contestant did in one round. */
export interface Sprint {
  readonly messages: number;
  readonly seconds: number;
  /** CPU seconds by process, while measuring. */
  readonly cpu: Readonly<Record<string, number | null>>;
}

export interface ProductSprint extends Sprint {
  readonly commitP99Ms: number | null;
  readonly commitFailures: number | null;
}

/** Logs as in production. */
export const SETTINGS = { ENVIRONMENT: 'production', LOG_LEVEL: 'warn' };
const TOKEN = 'bench.bot.token';
const TIMEOUT_MS = 300_000;
const MIGRATE_TIMEOUT_MS = 60_000;

export const perSecond = ({ messages, seconds }: Sprint): number => messages / seconds;

export async function migrateDatabase(workshop: Workshop, databaseUrl: string): Promise<void> {
  const env = { ...SETTINGS, DATABASE_URL: databaseUrl };
  const migrate = await startProgram(workshop, 'packages/event-log', 'bin/migrate', { env });
  await migrate.line(/applied|up to date/, MIGRATE_TIMEOUT_MS);
}

/** From `first` to `done`, as a worker prints them. */
async function sprint(child: Child, processes: readonly Measured[]): Promise<Sprint> {
  await child.line(/^first$/, TIMEOUT_MS);
  const before = readCpu(processes);
  const line = await child.line(/^done /, TIMEOUT_MS);
  const cpu = spentCpu(before, readCpu(processes));
  const { seconds }: { readonly seconds: number } = JSON.parse(line.slice('done '.length));
  return { messages: 0, seconds, cpu };
}

export interface ProductPlan {
  readonly script: string;
  readonly warmup: number;
  readonly messages: number;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly servers: readonly Measured[];
}

/** Simulator, discord.js, the ingester, PostgreSQL, Redis: until the last message is committed and published. */
export async function runIngester(workshop: Workshop, plan: ProductPlan): Promise<ProductSprint> {
  const { script, warmup, messages, databaseUrl, redisUrl, servers } = plan;
  const metricsPort = await freePort();
  const counter = await startWorker(workshop, 'published-counter', [redisUrl, warmup, messages]);
  await counter.line(/^ready$/, TIMEOUT_MS);
  const simulator = await startSimulator(workshop, script, 0);
  const env = {
    ...{ ...SETTINGS, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, METRICS_PORT: String(metricsPort) },
    ...{ DISCORD_TOKEN: TOKEN, DISCORD_API_URL: simulator.apiUrl },
  };
  const ingester = await startProgram(workshop, 'services/ingester', 'main', { env });
  try {
    const own = [
      { name: 'simulator', pid: simulator.process.pid },
      { name: 'ingester', pid: ingester.pid },
    ];
    const ran = await Promise.race([sprint(counter, [...own, ...servers]), ingester.died, simulator.process.died]);
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const p99Seconds = readSample(metrics, 'dms_ingester_commit_seconds{quantile="0.99"}');
    const commitFailures = readSample(metrics, 'dms_ingester_commit_failures_total');
    return { ...ran, messages, commitP99Ms: p99Seconds === null ? null : p99Seconds * 1_000, commitFailures };
  } finally {
    await ingester.stop();
    await simulator.process.stop();
    await counter.stop();
  }
}

export type PeerName = 'create' | 'create-many' | 'server-side';

export interface PeerPlan {
  readonly name: PeerName;
  readonly messages: number;
  readonly warmup: number;
  readonly sourceUrl: string;
  /** Empty. */
  readonly databaseUrl: string;
  readonly servers: readonly Measured[];
}

/** Stores the messages of `sourceUrl` once more, the peer's way. */
export async function runPeer(workshop: Workshop, plan: PeerPlan): Promise<Sprint> {
  const { name, messages, warmup, sourceUrl, databaseUrl, servers } = plan;
  await migrateDatabase(workshop, databaseUrl);
  const env = { DATABASE_URL: databaseUrl, SOURCE_DATABASE_URL: sourceUrl };
  const args = [name, String(messages), String(warmup)];
  const peer = await startProgram(workshop, 'packages/event-log', 'bin/naive-archive', { args, env });
  const ran = await sprint(peer, [{ name, pid: peer.pid }, ...servers]);
  await peer.stop();
  return { ...ran, messages };
}

export interface ImportPlan {
  /** Plays the history before the product comes. */
  readonly script: string;
  /** Imported before measuring begins. */
  readonly warmup: number;
  readonly messages: number;
  /** Discord's: 50 requests a second, and about one a second for each channel. */
  readonly hasRateLimits: boolean;
  /** Empty. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly servers: readonly Measured[];
}

/** Lets the ingester import what was written before it came: from the first message that is published to the last. */
export async function runImport(workshop: Workshop, plan: ImportPlan): Promise<Sprint> {
  const { script, warmup, messages, hasRateLimits, databaseUrl, redisUrl, servers } = plan;
  await migrateDatabase(workshop, databaseUrl);
  const simulator = await startSimulator(workshop, script, 0, { hasRateLimits });
  const writer = await startWorker(workshop, 'bare-reader', [simulator.apiUrl, warmup + messages]);
  await writer.line(/^done /, TIMEOUT_MS);
  await writer.stop();
  const counter = await startWorker(workshop, 'published-counter', [redisUrl, warmup, messages]);
  await counter.line(/^ready$/, TIMEOUT_MS);
  const env = {
    ...{ ...SETTINGS, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, BACKFILL_DAYS: 'all' },
    ...{ DISCORD_TOKEN: TOKEN, DISCORD_API_URL: simulator.apiUrl },
  };
  const ingester = await startProgram(workshop, 'services/ingester', 'main', { env });
  try {
    const own = [
      { name: 'simulator', pid: simulator.process.pid },
      { name: 'ingester', pid: ingester.pid },
    ];
    const ran = await Promise.race([sprint(counter, [...own, ...servers]), ingester.died, simulator.process.died]);
    return { ...ran, messages };
  } finally {
    await ingester.stop();
    await simulator.process.stop();
    await counter.stop();
  }
}
