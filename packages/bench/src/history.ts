import { type PostgresServer, startPostgres, startRedis } from '@dms/test-kit/servers';
import { type Archive, fillArchive } from './archive.ts';
import type { Command } from './command-line.ts';
import { findChild, type Measured } from './cpu.ts';
import {
  cursorPaths,
  newestPaths,
  type PageServer,
  type PageSprint,
  readPages,
  startBare,
  startGateway,
  startNaive,
} from './history-run.ts';
import type { Workshop } from './processes.ts';
import type { Report } from './report.ts';
import type { Surroundings } from './surroundings.ts';
import { cellsOf, describeTarget, median, medianRatio, type Target } from './targets.ts';
import { migrateDatabase } from './throughput-run.ts';

type HistoryCommand = Extract<Command, { name: 'history' }>;

const GROWTH = 10;
/** Small, so that the larger archive does not fit. */
const SHARED_BUFFERS = '64MB';

const NEWEST = {
  naive: 'express + prisma, newest page',
  own: 'gateway, newest page',
  bare: 'node:http, as many bytes',
};
const CURSOR = {
  naive: 'express + prisma, any page',
  own: 'gateway, any page',
  large: `gateway, any page of ${GROWTH} ×`,
};

/** How fast pages of history are served, beside Express with Prisma and beside node:http alone; and whether an archive ten times
 *  as large costs more. Every contestant once a round. */
export async function benchHistory(command: HistoryCommand, workshop: Workshop, around: Surroundings): Promise<Report> {
  const postgres = await startPostgres({ settings: { shared_buffers: SHARED_BUFFERS } });
  const redis = await startRedis();
  const others = [{ name: 'postgres', pid: findChild(`-p ${postgres.port}`) }];
  const running: PageServer[] = [];
  const start = async (server: Promise<PageServer>): Promise<PageServer> => {
    running.push(await server);
    return server;
  };
  const runs = new Map<string, PageSprint[]>();
  try {
    around.say(`history: ${command.messages} messages, and ${GROWTH} times as many`);
    const small = await openArchive(workshop, postgres, command.messages);
    const large = await openArchive(workshop, postgres, command.messages * GROWTH);
    const own = await start(startGateway(workshop, small.url, redis.url));
    const ownLarge = await start(startGateway(workshop, large.url, redis.url));
    const naive = await start(startNaive(workshop, small.url));
    const probe = await fetch(`http://127.0.0.1:${own.port}${newestPaths(small.archive)[0]}`);
    const bare = await start(startBare(workshop, (await probe.arrayBuffer()).byteLength));
    const plans: readonly (readonly [string, PageServer, readonly string[]])[] = [
      [NEWEST.naive, naive, newestPaths(small.archive)],
      [NEWEST.own, own, newestPaths(small.archive)],
      [NEWEST.bare, bare, newestPaths(small.archive)],
      [CURSOR.naive, naive, cursorPaths(small.archive)],
      [CURSOR.own, own, cursorPaths(small.archive)],
      [CURSOR.large, ownLarge, cursorPaths(large.archive)],
    ];
    for (let round = 1; round <= command.rounds; round += 1) {
      around.say(`history: round ${round} of ${command.rounds}`);
      for (const [name, server, paths] of plans) {
        const plan = { server, paths, seconds: command.seconds, directory: around.directory, others };
        runs.set(name, [...(runs.get(name) ?? []), await readPages(workshop, plan)]);
      }
    }
  } finally {
    for (const { process } of running) await process.stop();
    await postgres.stop();
    await redis.stop();
  }
  return reportOf(command, workshop, runs, others);
}

async function openArchive(
  workshop: Workshop,
  postgres: PostgresServer,
  messages: number,
): Promise<{ readonly url: string; readonly archive: Archive }> {
  const url = await postgres.createDatabase();
  await migrateDatabase(workshop, url);
  return { url, archive: await fillArchive(url, messages) };
}

function reportOf(
  { messages, rounds, seconds }: HistoryCommand,
  workshop: Workshop,
  runs: ReadonlyMap<string, readonly PageSprint[]>,
  others: readonly Measured[],
): Report {
  const ratesOf = (name: string): readonly number[] => (runs.get(name) ?? []).map(({ perSecond }) => perSecond);
  const microsOf = (name: string, isWanted: (process: string) => boolean): readonly number[] =>
    (runs.get(name) ?? []).map(({ cpuMicros }) =>
      Object.entries(cpuMicros).reduce((sum, [process, micros]) => sum + (isWanted(process) ? (micros ?? 0) : 0), 0),
    );
  const isDatabase = (process: string): boolean => others.some(({ name }) => name === process);
  const isServer = (process: string): boolean => !isDatabase(process);
  const targets: readonly Target[] = [
    {
      ...{ name: 'newest page, of express + prisma', unit: ' ×', bound: { atLeast: 10 } },
      value: medianRatio(ratesOf(NEWEST.own), ratesOf(NEWEST.naive)),
    },
    {
      ...{ name: 'any page, of express + prisma', unit: ' ×', bound: { atLeast: 3.5 } },
      value: medianRatio(ratesOf(CURSOR.own), ratesOf(CURSOR.naive)),
    },
    {
      ...{ name: 'newest page, CPU of node:http', unit: ' ×', bound: { atMost: 5 } },
      value: medianRatio(microsOf(NEWEST.own, isServer), microsOf(NEWEST.bare, isServer)),
    },
    {
      ...{ name: `any page of ${GROWTH} times the messages, CPU of PostgreSQL`, unit: ' ×', bound: { atMost: 1.2 } },
      value: medianRatio(microsOf(CURSOR.large, isDatabase), microsOf(CURSOR.own, isDatabase)),
    },
  ];
  return {
    title: `Pages of 50 of ${messages} messages, ${rounds} rounds of ${seconds} s, ${workshop.build === 'dist' ? 'built' : 'from source'}`,
    columns: ['what', 'pages/s, median', 'each round', 'CPU µs of the server', 'of PostgreSQL', 'bytes'],
    rows: [...runs].map(([name, sprints]) => [
      ...[name, Math.round(median(ratesOf(name)) ?? 0), cellsOf(ratesOf(name))],
      ...[Math.round(median(microsOf(name, isServer)) ?? 0), Math.round(median(microsOf(name, isDatabase)) ?? 0)],
      sprints[0]?.bytes ?? null,
    ]),
    notes: [
      `32 connections, one request at a time each; all middleware on; PostgreSQL has shared_buffers of ${SHARED_BUFFERS}`,
      ...targets.map(describeTarget),
    ],
    figures: { messages, rounds, seconds, build: workshop.build, targets, runs: Object.fromEntries(runs) },
  };
}
