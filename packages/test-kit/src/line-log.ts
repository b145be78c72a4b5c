import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

type StreamName = 'stdout' | 'stderr';

interface Waiter {
  readonly pattern: RegExp;
  matched(line: string): void;
  failed(why: string): void;
}

/** The captured output of a child process. */
export interface LineLog {
  text(stream: StreamName): string;
  waitFor(pattern: RegExp, timeoutMs: number): Promise<string>;
  /** No more lines will come: every waiter fails with `why`, now and later. */
  end(why: string): void;
}

const MAX_LINES_PER_STREAM = 2_000;
const TAIL_LINES = 20;

/** Reads both streams to their end, and hands every line to `onLine`, so that a talkative child never blocks on a full pipe. */
export function createLineLog(stdout: Readable, stderr: Readable, onLine: (line: string) => void = () => {}): LineLog {
  const lines: Record<StreamName, string[]> = { stdout: [], stderr: [] };
  const waiters = new Set<Waiter>();
  let ended: string | null = null;

  const collect = (name: StreamName, stream: Readable): void => {
    createInterface({ input: stream }).on('line', (line) => {
      onLine(line);
      const kept = lines[name];
      kept.push(line);
      if (kept.length > MAX_LINES_PER_STREAM) kept.shift();
      for (const waiter of waiters) if (waiter.pattern.test(line)) waiter.matched(line);
    });
  };
  collect('stdout', stdout);
  collect('stderr', stderr);

  const tail = (): string => [...lines.stdout.slice(-TAIL_LINES), ...lines.stderr.slice(-TAIL_LINES)].join('\n');

  return {
    text: (stream) => lines[stream].join('\n'),
    end(why) {
      ended = why;
      for (const waiter of waiters) waiter.failed(why);
    },
    waitFor(pattern, timeoutMs) {
      const found = [...lines.stdout, ...lines.stderr].find((line) => pattern.test(line));
      if (found !== undefined) return Promise.resolve(found);
      return new Promise((resolve, reject) => {
        const settle = (): void => {
          clearTimeout(timer);
          waiters.delete(waiter);
        };
        const waiter: Waiter = {
          pattern,
          matched(line) {
            settle();
            resolve(line);
          },
          failed(why) {
            settle();
            reject(new Error(`no line matched ${pattern}: ${why}. Newest output:\n${tail()}`));
          },
        };
        const timer = setTimeout(() => waiter.failed(`${timeoutMs} ms passed`), timeoutMs);
        waiters.add(waiter);
        if (ended !== null) waiter.failed(ended);
      });
    },
  };
}
