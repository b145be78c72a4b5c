import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { startOnFreePort } from './free-port.ts';
import type { PostgresOptions } from './postgres-server.ts';
import { type SpawnedProcess, spawnProcess } from './spawn-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { unprivileged } from './unprivileged.ts';

/** A data directory and the server process on it. */
export interface PostgresCluster {
  readonly url: string;
  readonly port: number;
  kill(signal: NodeJS.Signals): Promise<void>;
  freeze(): Promise<void>;
  thaw(): void;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const INITDB_TIMEOUT_MS = 60_000;
const START_TIMEOUT_MS = 20_000;
const SHUTDOWN_TIMEOUT_MS = 10_000;

/** Creates a cluster with `initdb` (about one second) and starts it. */
export async function startCluster(
  binDirectory: string,
  { fsync = true, settings = {}, directory: given }: PostgresOptions,
): Promise<PostgresCluster> {
  const directory = given ?? (await temporaryDirectory(unprivileged.owner));
  const environment = { ...unprivileged, cwd: directory, env: { LC_ALL: 'C', TZ: 'UTC' } };
  const data = join(directory, 'data');
  await initialise(() =>
    spawnProcess(
      join(binDirectory, 'initdb'),
      ['--pgdata', data, '--username', 'postgres', '--auth', 'trust', '--no-locale', '--encoding', 'UTF8', '--no-sync'],
      environment,
    ),
  );
  const all = { fsync: fsync ? 'on' : 'off', timezone: 'UTC', shared_buffers: '32MB', ...settings };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const start = async (port: number): Promise<SpawnedProcess> => {
    const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '', ...flags];
    const server = await spawnProcess(join(binDirectory, 'postgres'), args, environment);
    try {
      await server.waitForLine(/ready to accept connections/, START_TIMEOUT_MS);
      return server;
    } catch (error) {
      await server.stop(0);
      throw error;
    }
  };
  // A given directory may be one that cannot be removed, such as a mount point.
  return superviseCluster(given === undefined ? directory : data, start);
}

async function initialise(run: () => Promise<SpawnedProcess>): Promise<void> {
  const initdb = await run();
  const timer = setTimeout(() => initdb.kill('SIGKILL'), INITDB_TIMEOUT_MS);
  const exit = await initdb.exited;
  clearTimeout(timer);
  if (exit.code !== 0) throw new Error(`initdb failed (${exit.signal ?? exit.code}): ${initdb.stderr}`);
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const pgrep = await spawnProcess('pgrep', ['-P', String(pid)]);
  await pgrep.exited;
  return pgrep.stdout.split('\n').flatMap((line) => (line === '' ? [] : [Number(line)]));
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

type Start = (port: number) => Promise<SpawnedProcess>;

async function superviseCluster(directory: string, start: Start): Promise<PostgresCluster> {
  const first = await startOnFreePort(start);
  const { port } = first;
  let server = first.server;
  const frozen: number[] = [];

  const thaw = (): void => {
    for (const pid of frozen.splice(0)) signalIfThere(pid, 'SIGCONT');
    server.kill('SIGCONT');
  };
  const shutDown = async (): Promise<void> => {
    thaw();
    server.kill('SIGINT');
    const timer = setTimeout(() => server.kill('SIGQUIT'), SHUTDOWN_TIMEOUT_MS);
    await server.exited;
    clearTimeout(timer);
  };
  return {
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    port,
    async kill(signal) {
      server.kill(signal);
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await server.exited;
    },
    async freeze() {
      // The postmaster first: it starts no more of them.
      server.kill('SIGSTOP');
      frozen.push(...(await childrenOf(server.pid)));
      for (const pid of frozen) signalIfThere(pid, 'SIGSTOP');
    },
    thaw,
    async restart() {
      await shutDown();
      // After a crash the orphaned backends hold the shared memory for a moment, and a new postmaster refuses to start.
      server = await eventually(() => start(port), { timeoutMs: START_TIMEOUT_MS, intervalMs: 100 });
    },
    async stop() {
      await shutDown();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
