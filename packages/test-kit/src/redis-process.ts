import { infrastructure } from './infrastructure.ts';
import { redisCommand } from './redis-command.ts';
import { type SpawnedProcess, spawnProcess } from './spawn-process.ts';

/** A Redis process of our own on 127.0.0.1, server or sentinel. */
export interface RedisProcess {
  readonly port: number;
  /** Of the running process; changes with a restart. */
  readonly pid: number;
  /** One command over a connection of its own, e.g. `command('CLIENT', 'KILL', 'TYPE', 'pubsub')`. */
  command(...parts: readonly (string | Buffer)[]): Promise<string>;
  /** Default SIGKILL. Resolves after the exit, except for SIGSTOP and SIGCONT. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts again on the same port, ending the running process first. */
  restart(): Promise<void>;
  /** Freezes the process: its sockets stay open and nothing answers. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 10_000;
/** A sentinel says no more than its own id. */
const STARTED = /ready to accept connections|Sentinel ID is/i;

/** Starts the program with `args` and resolves when it listens on `port`, which the arguments must name. `password` is what its
 *  own `command` logs in with. @throws Error with the reason when this machine has no Redis program (`infrastructure.redisProcess`). */
export async function startRedisProcess(
  port: number,
  args: readonly string[],
  password?: string,
): Promise<RedisProcess> {
  const source = infrastructure.redisProcess;
  if (!source.available) throw new Error(source.reason);
  if (source.kind !== 'program') throw new Error('a given Redis cannot be started');
  const start = () => spawnListening(source.program, args);
  let server = await start();
  const end = async (): Promise<void> => {
    // A frozen process cannot act on SIGTERM, and there is nothing to save.
    server.kill('SIGKILL');
    await server.exited;
  };
  return {
    port,
    get pid() {
      return server.pid;
    },
    command: (...parts) => redisCommand(port, parts, password),
    async kill(signal = 'SIGKILL') {
      server.kill(signal);
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await server.exited;
    },
    async restart() {
      await end();
      server = await start();
    },
    pause: () => server.kill('SIGSTOP'),
    resume: () => server.kill('SIGCONT'),
    stop: end,
  };
}

async function spawnListening(program: string, args: readonly string[]): Promise<SpawnedProcess> {
  const server = await spawnProcess(program, args);
  try {
    await server.waitForLine(STARTED, START_TIMEOUT_MS);
    return server;
  } catch (error) {
    await server.stop(0);
    throw error;
  }
}

/** Starts all at once. When one fails, the others are stopped before this rejects. */
export async function startAll<T extends { stop(): Promise<void> }>(starts: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(starts);
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure === undefined) return started;
  await stopAll(started);
  throw failure.reason;
}

export async function stopAll(processes: readonly { stop(): Promise<void> }[]): Promise<void> {
  await Promise.all(processes.map((process) => process.stop()));
}
