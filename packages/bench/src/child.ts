import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** A process of this benchmark. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** The first line of output that matches, past or future. @throws Error with the newest output when it ends or `timeoutMs` passes. */
  line(pattern: RegExp, timeoutMs: number): Promise<string>;
  /** Rejects with the newest output once the process has ended; otherwise never settles. */
  readonly died: Promise<never>;
  /** Delivered as a 'message' to a worker that listens for it. */
  send(message: unknown): void;
  /** SIGTERM, and SIGKILL after 25 s. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly name: string;
  readonly args: readonly string[];
  /** Nothing else of our environment is passed on but PATH, HOME and TMPDIR. */
  readonly env?: Readonly<Record<string, string>>;
}

const STOP_TIMEOUT_MS = 25_000;
const KEPT_LINES = 200;

const running = new Set<ChildProcess>();

/** Ends what is left, at once. For the exit of this process: nothing may outlive it. */
export function killChildren(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts a Node process. `baseEnv` is what it may inherit. @throws when it cannot be started. */
export async function startChild({ name, args, env = {} }: ChildOptions, baseEnv: Environment): Promise<Child> {
  const child = spawn(process.execPath, [...args], {
    env: { ...baseEnv, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  running.add(child);
  await once(child, 'spawn');
  const lines: string[] = [];
  let isOver = false;
  let changed = (): void => {};
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      changed();
    });
  }
  const exited = once(child, 'close').then(() => {
    isOver = true;
    running.delete(child);
    changed();
  });
  const fail = (why: string): Error => new Error(`${name} ${why}:\n${lines.slice(-15).join('\n')}`);

  const died = exited.then((): never => {
    throw fail('ended');
  });
  // Whoever waits for it hears of it; an end that nobody waits for is a normal one.
  died.catch(() => {});

  return {
    name,
    pid: child.pid ?? 0,
    died,
    async line(pattern, timeoutMs) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const found = lines.find((line) => pattern.test(line));
        if (found !== undefined) return found;
        if (isOver) throw fail(`ended without a line like ${pattern}`);
        const leftMs = deadline - performance.now();
        if (leftMs <= 0) throw fail(`printed no line like ${pattern} in ${timeoutMs} ms`);
        const waiting = new AbortController();
        const news = new Promise<void>((resolve) => {
          changed = resolve;
        });
        await Promise.race([news, delay(leftMs, undefined, { signal: waiting.signal }).catch(() => {})]);
        waiting.abort();
      }
    },
    send(message) {
      child.send(Object(message));
    },
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What children get of our environment: no setting of the developer's shell changes a figure. */
export function baseEnvironment(env: Environment): Environment {
  return { PATH: env.PATH, HOME: env.HOME, TMPDIR: env.TMPDIR };
}
