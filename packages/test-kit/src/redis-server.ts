import { startOnFreePort } from './free-port.ts';
import { infrastructure, type RedisSource } from './infrastructure.ts';
import { redisCommand } from './redis-command.ts';
import { type SpawnedProcess, spawnProcess } from './spawn-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A Redis of our own on 127.0.0.1, without persistence: a restart comes back empty. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Of the running process; changes with a restart. */
  readonly pid: number;
  /** One command over a connection of its own, e.g. `command('CLIENT', 'KILL', 'TYPE', 'pubsub')`. */
  command(...parts: readonly (string | Buffer)[]): Promise<string>;
  flushAll(): Promise<void>;
  /** Default SIGKILL. Resolves after the exit, except for SIGSTOP and SIGCONT. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts again on the same port, ending the running process first. */
  restart(): Promise<void>;
  /** Freezes the process: its sockets stay open and nothing answers. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export interface RedisOptions {
  /** Extra directives, e.g. `{ 'client-output-buffer-limit': 'pubsub 64kb 64kb 1' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const START_TIMEOUT_MS = 10_000;

/** @throws Error with the reason when this machine has no Redis program (`infrastructure.redisProcess`). */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const source = infrastructure.redisProcess;
  if (!source.available) throw new Error(source.reason);
  const directory = await temporaryDirectory();
  const start = (port: number) => startProcess(source, directory, port, options.settings ?? {});
  const first = await startOnFreePort(start);
  return superviseRedis(first.port, first.server, start);
}

type Start = (port: number) => Promise<SpawnedProcess>;

async function startProcess(
  source: RedisSource,
  directory: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<SpawnedProcess> {
  if (source.kind !== 'program') throw new Error('a given Redis cannot be started');
  const fixed = { port: String(port), bind: '127.0.0.1', save: '', appendonly: 'no', dir: directory };
  const directives = Object.entries({ ...fixed, ...settings });
  const args = directives.flatMap(([name, value]) => [`--${name}`, ...(value === '' ? [''] : value.split(' '))]);
  const server = await spawnProcess(source.program, args);
  try {
    await server.waitForLine(/ready to accept connections/i, START_TIMEOUT_MS);
    return server;
  } catch (error) {
    await server.stop(0);
    throw error;
  }
}

function superviseRedis(port: number, first: SpawnedProcess, start: Start): RedisServer {
  let server = first;
  const end = async (): Promise<void> => {
    // A frozen process cannot act on SIGTERM, and there is nothing to save.
    server.kill('SIGKILL');
    await server.exited;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return server.pid;
    },
    command: (...parts) => redisCommand(port, parts),
    async flushAll() {
      await redisCommand(port, ['FLUSHALL']);
    },
    async kill(signal = 'SIGKILL') {
      server.kill(signal);
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await server.exited;
    },
    async restart() {
      await end();
      server = await start(port);
    },
    pause: () => server.kill('SIGSTOP'),
    resume: () => server.kill('SIGCONT'),
    stop: end,
  };
}
