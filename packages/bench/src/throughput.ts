import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type PostgresServer, startPostgres, startRedis } from '@dms/test-kit/servers';
import type { Command } from './command-line.ts';
import { findChild, type Measured } from './cpu.ts';
import { doubtsAbout } from './delivery-run.ts';
import { ingestOnce } from './ingest.ts';
import { startWorker, type Workshop } from './processes.ts';
import type { Cell, Report } from './report.ts';
import { writeScriptParts } from './script-file.ts';
import type { Surroundings } from './surroundings.ts';
import { cellsOf, describeTarget, median, medianRatio, type Target } from './targets.ts';
import {
  migrateDatabase,
  type PeerName,
  type ProductSprint,
  perSecond,
  runImport,
  runIngester,
  runPeer,
  type Sprint,
} from './throughput-run.ts';

type ThroughputCommand = Extract<Command, { name: 'throughput' }>;

/** Until the ingester listens, and until its backlog of the first part is written. */
const SCRIPT_WAIT_MS = 3_000;
/** Just-in-time compilation is over by then. */
const WARMUP_MESSAGES = 5_000;
/** So that a slow peer takes as long as the others, not an hour. */
const SHARE: Readonly<Record<PeerName, number>> = { create: 0.1, 'create-many': 0.5, 'server-side': 1 };
const PEERS: readonly PeerName[] = ['create', 'create-many', 'server-side'];
/** Discord answers about one request a second for each channel and 50 in all: with fewer the limit of each is the one that counts. */
const IMPORT_CHANNELS = 64;
/** Discord's limit only shows in the long run, and lists of threads are asked for first; a quarter of it is not measured. */
const IMPORT_SHARE = 4;
const EMBEDDED_TIMEOUT_MS = 60_000;
const EMBEDDED_PEERS = ['create', 'server-side'] as const;
/** What initdb sets, where the tests make do with less. */
const POSTGRES_SETTINGS = { shared_buffers: '128MB' };
const LABELS: Readonly<Record<string, string>> = {
  product: 'simulator → discord.js → committed, published (PostgreSQL)',
  create: 'Prisma create + create, 16 at a time (PostgreSQL)',
  'create-many': 'Prisma createMany(100) × 2, one at a time (PostgreSQL)',
  'server-side': 'floor: 100 messages a commit inside PostgreSQL',
  embedded: 'simulator → discord.js → committed, published, read (embedded)',
  'embedded create': 'Prisma create + create, 16 at a time (embedded)',
  'embedded server-side': 'floor: 100 messages a commit inside the embedded database',
  import: 'import of older history (PostgreSQL)',
  'import limited': 'the same at Discord’s rate limits',
};

/** How fast messages become durable and are published, beside what stores the same rows on the same server: round after round,
 *  each contestant once. */
export async function benchThroughput(
  command: ThroughputCommand,
  workshop: Workshop,
  around: Surroundings,
): Promise<Report> {
  const postgres = await startPostgres({ settings: POSTGRES_SETTINGS });
  const redis = await startRedis();
  const servers = [
    { name: 'postgres', pid: findChild(`-p ${postgres.port}`) },
    { name: 'redis', pid: findChild(`:${redis.port}`) },
  ];
  const runs = new Map<string, Sprint[]>();
  const products: ProductSprint[] = [];
  const notes: string[] = [];
  const note = (name: string, sprint: Sprint): void => void runs.set(name, [...(runs.get(name) ?? []), sprint]);
  try {
    for (let round = 1; round <= command.rounds; round += 1) {
      around.say(`throughput: round ${round} of ${command.rounds}`);
      const { product, peers, sourceUrl } = await runRound(command, workshop, around, {
        postgres,
        redisUrl: redis.url,
        servers,
      });
      products.push(product);
      note('product', product);
      for (const [name, sprint] of peers) note(name, sprint);
      const directory = join(around.directory, `embedded-${round}`);
      const embedded = await runEmbedded(command, workshop, { ...around, directory }, sourceUrl);
      notes.push(...embedded.doubts);
      note('embedded', embedded.product);
      for (const [name, sprint] of embedded.peers) note(`embedded ${name}`, sprint);
      const imports = await runImports(command, workshop, around, { postgres, redisUrl: redis.url, servers });
      for (const [name, sprint] of imports) note(name, sprint);
    }
  } finally {
    await postgres.stop();
    await redis.stop();
  }
  const failures = products.reduce((sum, { commitFailures }) => sum + (commitFailures ?? 0), 0);
  if (failures > 0) notes.push(`${failures} commits failed and were repeated`);
  return reportOf(command, workshop, runs, products, notes);
}

interface Servers {
  readonly postgres: PostgresServer;
  readonly redisUrl: string;
  readonly servers: readonly Measured[];
}

async function runRound(
  { messages }: ThroughputCommand,
  workshop: Workshop,
  { directory }: Surroundings,
  { postgres, redisUrl, servers }: Servers,
) {
  const script = join(directory, 'throughput.ndjson');
  const parts = [WARMUP_MESSAGES, messages].map((count) => ({ waitMs: SCRIPT_WAIT_MS, messages: count }));
  await writeScriptParts(script, parts);
  const sourceUrl = await postgres.createDatabase();
  await migrateDatabase(workshop, sourceUrl);
  const plan = { script, warmup: WARMUP_MESSAGES, messages, databaseUrl: sourceUrl, redisUrl, servers };
  const product = await runIngester(workshop, plan);
  const peers = new Map<PeerName, Sprint>();
  for (const name of PEERS) {
    const databaseUrl = await postgres.createDatabase();
    const peer = { name, ...shareOf(name, messages), sourceUrl, databaseUrl, servers };
    peers.set(name, await runPeer(workshop, peer));
  }
  return { product, peers, sourceUrl };
}

async function runImports(
  { messages }: ThroughputCommand,
  workshop: Workshop,
  { directory }: Surroundings,
  { postgres, redisUrl, servers }: Servers,
) {
  const script = join(directory, 'import.ndjson');
  const whole = messages * IMPORT_SHARE;
  await writeScriptParts(script, [{ waitMs: SCRIPT_WAIT_MS, messages: whole }], { channels: IMPORT_CHANNELS });
  const imports = new Map<string, Sprint>();
  for (const hasRateLimits of [false, true]) {
    const databaseUrl = await postgres.createDatabase();
    const warmup = messages;
    const count = whole - warmup;
    const plan = { script, warmup, messages: count, hasRateLimits, databaseUrl, redisUrl, servers };
    const run = await runImport(workshop, plan);
    imports.set(hasRateLimits ? 'import limited' : 'import', run);
  }
  return imports;
}

async function runEmbedded(
  { messages }: ThroughputCommand,
  workshop: Workshop,
  around: Surroundings,
  sourceUrl: string,
) {
  await mkdir(around.directory);
  const script = join(around.directory, 'embedded.ndjson');
  const parts = [
    { waitMs: 2 * SCRIPT_WAIT_MS, messages: WARMUP_MESSAGES },
    { waitMs: SCRIPT_WAIT_MS, messages },
  ];
  await writeScriptParts(script, parts);
  const all = WARMUP_MESSAGES + messages;
  const plan = { script, messages: all, warmupMs: SCRIPT_WAIT_MS };
  const run = await ingestOnce('standalone', workshop, plan, around);
  const product = { messages: run.measured, seconds: run.measuredSeconds, cpu: run.cpu };
  const peers = new Map<PeerName, Sprint>();
  for (const name of EMBEDDED_PEERS) {
    const directory = join(around.directory, name);
    peers.set(name, await runEmbeddedPeer(name, messages, workshop, { directory, sourceUrl }));
  }
  return { product, peers, doubts: doubtsAbout('embedded', run, all) };
}

async function runEmbeddedPeer(
  name: PeerName,
  messages: number,
  workshop: Workshop,
  { directory, sourceUrl }: { readonly directory: string; readonly sourceUrl: string },
): Promise<Sprint> {
  const server = await startWorker(workshop, 'embedded-server', [directory]);
  try {
    const line = await server.line(/^url /, EMBEDDED_TIMEOUT_MS);
    const databaseUrl = line.slice('url '.length);
    const servers = [{ name: 'embedded database', pid: server.pid }];
    return await runPeer(workshop, { name, ...shareOf(name, messages), sourceUrl, databaseUrl, servers });
  } finally {
    await server.stop();
  }
}

const shareOf = (name: PeerName, messages: number): { readonly messages: number; readonly warmup: number } => ({
  messages: Math.ceil(messages * SHARE[name]),
  warmup: Math.ceil(WARMUP_MESSAGES * SHARE[name]),
});

function reportOf(
  { messages, rounds }: ThroughputCommand,
  workshop: Workshop,
  runs: ReadonlyMap<string, readonly Sprint[]>,
  products: readonly ProductSprint[],
  notes: readonly string[],
): Report {
  const ratesOf = (name: string): readonly number[] => (runs.get(name) ?? []).map(perSecond);
  const against = (name: string): number | null => medianRatio(ratesOf('product'), ratesOf(name));
  const targets: readonly Target[] = [
    { name: 'of create + create', value: against('create'), bound: { atLeast: 12 }, unit: ' ×' },
    { name: 'of createMany(100)', value: against('create-many'), bound: { atLeast: 4 }, unit: ' ×' },
    { name: 'of the floor inside PostgreSQL', value: against('server-side'), bound: { atLeast: 0.35 }, unit: ' ×' },
    { name: 'p99 of a commit', value: p99Of(products), bound: { atMost: 60 }, unit: ' ms' },
    {
      name: 'embedded, of create + create',
      value: medianRatio(ratesOf('embedded'), ratesOf('embedded create')),
      ...{ bound: { atLeast: 40 }, unit: ' ×' },
    },
    {
      name: 'import, messages/s at Discord’s limits',
      value: median(ratesOf('import limited')),
      ...{ bound: { atLeast: 4_000 }, unit: '' },
    },
    {
      name: 'import, messages/s without limits',
      value: median(ratesOf('import')),
      ...{ bound: { atLeast: 15_000 }, unit: '' },
    },
  ];
  return {
    title: `Throughput, ${messages} messages, ${rounds} rounds, ${workshop.build === 'dist' ? 'built' : 'from source'}`,
    columns: ['what', 'messages/s, median', 'each round', 'CPU µs a message, median round'],
    rows: [...runs].map(([name, sprints]) => [
      LABELS[name] ?? name,
      Math.round(median(sprints.map(perSecond)) ?? 0),
      cellsOf(sprints.map(perSecond)),
      cpuOf(sprints),
    ]),
    notes: [
      'ratios are medians of the ratios within each round; PostgreSQL with fsync on, all on one machine',
      ...targets.map(describeTarget),
      ...notes,
    ],
    figures: { messages, rounds, build: workshop.build, targets, runs: Object.fromEntries(runs), products },
  };
}

const p99Of = (products: readonly ProductSprint[]): number | null =>
  median(products.flatMap(({ commitP99Ms }) => (commitP99Ms === null ? [] : [commitP99Ms])));

/** Of the round in the middle, by process. */
function cpuOf(sprints: readonly Sprint[]): Cell {
  const middle = median(sprints.map(perSecond));
  const sprint = sprints.find((each) => perSecond(each) === middle);
  if (sprint === undefined) return null;
  const micros = (seconds: number): number => Math.round((seconds / sprint.messages) * 1e6);
  return Object.entries(sprint.cpu)
    .map(([name, seconds]) => `${name} ${seconds === null ? '–' : micros(seconds)}`)
    .join(', ');
}
