import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { baseEnvironment } from './infrastructure.ts';
import { createLineLog } from './line-log.ts';
import { guardProcess, releaseProcess } from './watchdog.ts';

export interface SpawnOptions {
  /** Added to PATH, HOME, TMPDIR and LANG; nothing else of our own environment is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Only root may change it. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Runs in a process group of its own, and every signal goes to the whole group: for wrappers such as npx. */
  readonly isGroup?: boolean;
  /** What may never be in its output: see `forbiddenLines`. */
  readonly forbidden?: RegExp;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SpawnedProcess {
  readonly pid: number;
  /** What it wrote so far; of each stream the newest 2,000 lines. */
  readonly stdout: string;
  readonly stderr: string;
  /** Of everything it ever wrote, the first 20 lines that match `forbidden`. */
  readonly forbiddenLines: readonly string[];
  /** Resolves once, after both streams have ended. Never rejects. */
  readonly exited: Promise<Exit>;
  readonly hasExited: boolean;
  /** The first line of either stream that matches, also among those already written. Default 10,000 ms.
   *  Rejects with the newest output at the deadline, or as soon as the process exits without such a line. */
  waitForLine(pattern: RegExp, timeoutMs?: number): Promise<string>;
  /** Default SIGTERM. Does nothing after the exit. */
  kill(signal?: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after `graceMs` (default 5,000). */
  stop(graceMs?: number): Promise<Exit>;
}

const DEFAULT_LINE_TIMEOUT_MS = 10_000;
const DEFAULT_GRACE_MS = 5_000;
const MAX_FORBIDDEN_LINES = 20;

/** Starts a child whose output is captured and that cannot outlive this process. @throws when it cannot be started. */
export async function spawnProcess(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<SpawnedProcess> {
  const child = spawn(command, args, {
    env: { ...baseEnvironment, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.isGroup === true,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...options.owner,
  });
  const pid = await startedPid(child);
  const target = options.isGroup === true ? -pid : pid;
  guardProcess(target);
  return superviseProcess(child, pid, target, options.forbidden);
}

function startedPid(child: ChildProcessByStdio<null, Readable, Readable>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      if (child.pid === undefined) reject(new Error('the child process has no id'));
      else resolve(child.pid);
    });
  });
}

function superviseProcess(
  child: ChildProcessByStdio<null, Readable, Readable>,
  pid: number,
  target: number,
  forbidden: RegExp | undefined,
): SpawnedProcess {
  const forbiddenLines: string[] = [];
  const log = createLineLog(child.stdout, child.stderr, (line) => {
    if (forbidden?.test(line) === true && forbiddenLines.length < MAX_FORBIDDEN_LINES) forbiddenLines.push(line);
  });
  let hasExited = false;
  // A grandchild may keep the streams open, so the exit itself decides what may still be signalled.
  child.once('exit', () => {
    hasExited = true;
    releaseProcess(target);
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      log.end(`exited with ${signal ?? code}`);
      resolve({ code, signal });
    });
  });
  const kill = (signal: NodeJS.Signals = 'SIGTERM'): void => {
    if (!hasExited) process.kill(target, signal);
  };
  return {
    pid,
    forbiddenLines,
    exited,
    kill,
    get stdout() {
      return log.text('stdout');
    },
    get stderr() {
      return log.text('stderr');
    },
    get hasExited() {
      return hasExited;
    },
    waitForLine: (pattern, timeoutMs = DEFAULT_LINE_TIMEOUT_MS) => log.waitFor(pattern, timeoutMs),
    async stop(graceMs = DEFAULT_GRACE_MS) {
      kill('SIGTERM');
      const timer = setTimeout(() => kill('SIGKILL'), graceMs);
      try {
        return await exited;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
