import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { startOnFreePort } from './free-port.ts';
import { type SpawnedProcess, spawnProcess } from './spawn-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { unprivileged } from './unprivileged.ts';

/** A data directory and the server process on it. */
export interface PostgresCluster {
  readonly url: string;
  readonly port: number;
  kill(signal: NodeJS.Signals): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const INITDB_TIMEOUT_MS = 60_000;
const START_TIMEOUT_MS = 20_000;
const SHUTDOWN_TIMEOUT_MS = 10_000;

/** Creates a cluster with `initdb` (about one second) and starts it. */
export async function startCluster(
  binDirectory: string,
  fsync: boolean,
  settings: Readonly<Record<string, string>>,
): Promise<PostgresCluster> {
  const directory = await temporaryDirectory(unprivileged.owner);
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
  return superviseCluster(directory, start);
}

async function initialise(run: () => Promise<SpawnedProcess>): Promise<void> {
  const initdb = await run();
  const timer = setTimeout(() => initdb.kill('SIGKILL'), INITDB_TIMEOUT_MS);
  const exit = await initdb.exited;
  clearTimeout(timer);
  if (exit.code !== 0) throw new Error(`initdb failed (${exit.signal ?? exit.code}): ${initdb.stderr}`);
}

type Start = (port: number) => Promise<SpawnedProcess>;

async function superviseCluster(directory: string, start: Start): Promise<PostgresCluster> {
  const first = await startOnFreePort(start);
  const { port } = first;
  let server = first.server;

  const shutDown = async (): Promise<void> => {
    server.kill('SIGCONT');
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
