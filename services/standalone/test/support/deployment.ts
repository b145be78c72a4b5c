import { readFileSync } from 'node:fs';
import {
  eventually,
  freePort,
  infrastructure,
  type PostgresOptions,
  type SpawnedProcess,
  startPostgres,
  startRedis,
  temporaryDirectory,
} from '@dms/test-kit';
import { exitCodeOf, killProgram, type ProgramName, runProgram, START_TIMEOUT_MS, TOKEN } from './programs.ts';
import { seconds, timed } from './report.ts';

/** One door to the product: a gateway, or the standalone that has one inside. */
export interface Door {
  readonly http: string;
  readonly ws: string;
  readonly program: SpawnedProcess;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it again with the same settings and waits until it is ready. */
  restart(): Promise<Restart>;
}

export interface Restart {
  readonly ms: number;
  /** What the program worked until it was ready: the same on a busy machine. Null where the system does not tell. */
  readonly cpuMs: number | null;
}

export const describeRestart = ({ ms, cpuMs }: Restart): string =>
  cpuMs === null ? seconds(ms) : `${seconds(ms)} (${seconds(cpuMs)} of work)`;

export interface Deployment {
  readonly doors: readonly [Door, ...Door[]];
}

/** No limit that a test would run into, and nothing else that differs from the defaults. */
const UNLIMITED = { RATE_LIMIT_MAX_REQUESTS: '0' };

/** Resolves when `/health/ready` answers 200; fails at once when the program exits. */
async function untilReady(http: string, program: SpawnedProcess): Promise<void> {
  await eventually(
    async () => {
      const answer = await fetch(`${http}/health/ready`).catch(() => null);
      await answer?.body?.cancel();
      if (answer?.status !== 200 && !program.hasExited) throw new Error(`not ready: ${answer?.status ?? 'no answer'}`);
    },
    { timeoutMs: START_TIMEOUT_MS, intervalMs: 25 },
  );
  if (program.hasExited) throw new Error(`it exited instead of becoming ready:\n${program.stdout}\n${program.stderr}`);
}

const CLOCK_TICK_MS = 10;

/** User and system time of a process, all threads; Linux only. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function cpuMsOf(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS;
  } catch {
    return null;
  }
}

async function openDoor(name: ProgramName, env: Readonly<Record<string, string>>): Promise<Door> {
  const port = await freePort();
  const http = `http://127.0.0.1:${port}`;
  const start = async (): Promise<SpawnedProcess> => {
    const started = await runProgram(name, { ...UNLIMITED, ...env, PORT: String(port) });
    await untilReady(http, started);
    return started;
  };
  let program = await start();
  return {
    http,
    ws: `ws://127.0.0.1:${port}/ws`,
    get program() {
      return program;
    },
    kill: () => killProgram(program),
    async restart() {
      const { value, ms } = await timed(start);
      program = value;
      return { ms, cpuMs: cpuMsOf(value.pid) };
    },
  };
}

/** Everything in one process against a Discord, on a data directory of its own. */
export async function startStandalone(
  discordApiUrl: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Deployment & { readonly dataDirectory: string }> {
  const dataDirectory = await temporaryDirectory();
  const settings = { DISCORD_TOKEN: TOKEN, DISCORD_API_URL: discordApiUrl, DATA_DIR: dataDirectory, ...env };
  return { dataDirectory, doors: [await openDoor('standalone', settings)] };
}

export interface ClusterSize {
  readonly ingesters: number;
  readonly gateways: number;
  readonly postgres?: PostgresOptions;
}

export interface Cluster extends Deployment {
  readonly postgres: Awaited<ReturnType<typeof startPostgres>>;
  readonly redis: Awaited<ReturnType<typeof startRedis>>;
  readonly databaseUrl: string;
  /** Those that run. */
  ingesters(): readonly SpawnedProcess[];
  startIngester(): Promise<SpawnedProcess>;
  /** The servers; the programs end with `endPrograms`. */
  stop(): Promise<void>;
}

/** What a cluster needs of this machine. */
export const clusterNeeds = infrastructure.postgresProcess.available
  ? infrastructure.redisProcess
  : infrastructure.postgresProcess;

export interface ClusterOptions {
  /** Of every gateway and ingester. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of PostgreSQL, which takes any, and of Redis, which does not. */
  readonly password?: string;
}

/** PostgreSQL and Redis, one `migrate`, and the two tiers as processes of their own. */
export async function startCluster(
  discordApiUrl: string,
  size: ClusterSize,
  { env = {}, password }: ClusterOptions = {},
): Promise<Cluster> {
  // A killed server loses nothing without fsync; only a power cut would.
  const postgres = await startPostgres({ mustBeOwn: true, fsync: false, ...size.postgres });
  const redis = await startRedis(password === undefined ? {} : { settings: { requirepass: password } });
  const withPassword = (url: string, user: string): string =>
    password === undefined ? url : url.replace(/\/\/(?:[^@/]*@)?/, `//${user}:${password}@`);
  const databaseUrl = withPassword(await postgres.createDatabase(), 'postgres');
  const exitCode = await exitCodeOf(await runProgram('migrate', { DATABASE_URL: databaseUrl }));
  if (exitCode !== 0) throw new Error(`migrate exited with ${exitCode}`);
  const backing = { ...env, DATABASE_URL: databaseUrl, REDIS_URL: withPassword(redis.url, 'default') };
  const ingesters: SpawnedProcess[] = [];

  const startIngester = async (): Promise<SpawnedProcess> => {
    const program = await runProgram('ingester', { ...backing, DISCORD_TOKEN: TOKEN, DISCORD_API_URL: discordApiUrl });
    ingesters.push(program);
    await program.waitForLine(/standing by/, START_TIMEOUT_MS);
    return program;
  };
  const [first, ...others] = await Promise.all(
    Array.from({ length: size.gateways }, () => openDoor('gateway', backing)),
  );
  if (first === undefined) throw new RangeError('a cluster has at least one gateway');
  for (let started = 0; started < size.ingesters; started += 1) await startIngester();
  return {
    doors: [first, ...others],
    postgres,
    redis,
    databaseUrl,
    ingesters: () => ingesters.filter(({ hasExited }) => !hasExited),
    startIngester,
    async stop() {
      await redis.stop();
      await postgres.stop();
    },
  };
}
