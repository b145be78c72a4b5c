import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Archive } from './archive.ts';
import type { Child } from './child.ts';
import { type Measured, readCpu, spentCpu } from './cpu.ts';
import { freePort, startProgram, startWorker, untilReady, type Workshop } from './processes.ts';
import { SETTINGS } from './throughput-run.ts';

const CONNECTIONS = 32;
const PATHS = 5_000;
const PAGE_MESSAGES = 50;
const TIMEOUT_MS = 120_000;

export interface PageServer {
  readonly name: string;
  readonly port: number;
  readonly process: Child;
}

/** What one server did in one round. */
export interface PageSprint {
  readonly perSecond: number;
  /** CPU microseconds of one page, by process. */
  readonly cpuMicros: Readonly<Record<string, number | null>>;
  readonly bytes: number;
}

/** With everything that it has in a cluster; the request limit counts, and is never reached. */
export async function startGateway(workshop: Workshop, databaseUrl: string, redisUrl: string): Promise<PageServer> {
  const port = await freePort();
  const env = { ...SETTINGS, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, PORT: String(port) };
  const limits = { RATE_LIMIT_MAX_REQUESTS: '1000000000' };
  const process = await startProgram(workshop, 'services/gateway', 'main', { env: { ...env, ...limits } });
  await untilReady(process, port);
  return { name: 'gateway', port, process };
}

export async function startNaive(workshop: Workshop, databaseUrl: string): Promise<PageServer> {
  const env = { ...SETTINGS, DATABASE_URL: databaseUrl, NODE_ENV: 'production' };
  const process = await startProgram(workshop, 'packages/event-log', 'bin/naive-history', { env });
  return { name: 'express + prisma', port: await portOf(process), process };
}

export async function startBare(workshop: Workshop, bytes: number): Promise<PageServer> {
  const process = await startWorker(workshop, 'bare-page', [bytes]);
  return { name: 'node:http', port: await portOf(process), process };
}

async function portOf(process: Child): Promise<number> {
  const line = await process.line(/^listening \d+$/, TIMEOUT_MS);
  return Number(line.split(' ')[1]);
}

/** The newest page of the liveliest channel. */
export const newestPaths = ({ channels }: Archive): readonly string[] => [
  `/messages?channel_id=${channels[0]}&limit=${PAGE_MESSAGES}`,
];

/** Pages anywhere in the history of any channel, of each channel equally many, in no order. */
export function cursorPaths({ channels, newestId, oldestId }: Archive): readonly string[] {
  return Array.from({ length: PATHS }, (_, index) => {
    const place = oldestId + ((newestId - oldestId) * BigInt(Math.floor(Math.random() * 1e6))) / 1_000_000n;
    return `/messages?channel_id=${channels[index % channels.length]}&before=${place}&limit=${PAGE_MESSAGES}`;
  });
}

/** Asks one server for `seconds`, after three of warming up. @throws Error when any answer is not 200 */
export async function readPages(
  workshop: Workshop,
  {
    server,
    paths,
    seconds,
    directory,
    others,
  }: {
    readonly server: PageServer;
    readonly paths: readonly string[];
    readonly seconds: number;
    readonly directory: string;
    readonly others: readonly Measured[];
  },
): Promise<PageSprint> {
  const file = join(directory, 'paths.txt');
  writeFileSync(file, paths.join('\n'));
  const readers = await startWorker(workshop, 'page-readers', [server.port, CONNECTIONS, seconds, file]);
  const processes = [{ name: server.name, pid: server.process.pid }, ...others];
  await readers.line(/^first$/, TIMEOUT_MS);
  const before = readCpu(processes);
  const line = await readers.line(/^done /, TIMEOUT_MS);
  const cpu = spentCpu(before, readCpu(processes));
  const done: Readonly<Record<'seconds' | 'answers' | 'failures' | 'bytes', number>> = JSON.parse(
    line.slice('done '.length),
  );
  if (done.failures > 0) throw new Error(`${server.name}: ${done.failures} of ${done.answers} answers were not 200`);
  const micros = ([name, spent]: [string, number | null]) => [
    name,
    spent === null ? null : (spent / done.answers) * 1e6,
  ];
  return {
    perSecond: done.answers / done.seconds,
    cpuMicros: Object.fromEntries(Object.entries(cpu).map(micros)),
    bytes: Math.round(done.bytes / done.answers),
  };
}
