import { setTimeout as delay } from 'node:timers/promises';
import { ExitError } from './exit-error.ts';
import { isError } from './is-error.ts';
import type { Logger } from './logger.ts';
import { scrub } from './redact.ts';

export interface RetryOptions {
  readonly logger: Logger;
  /** What is waited for, in one or two words: `database`. */
  readonly what: string;
  /** Ends the waiting; the promise rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** An error that no retry can repair is passed on at once. `ExitError` always is. */
  readonly isFatal?: (error: unknown) => boolean;
  /** Before the second try, default 200. Doubles up to `maxDelayMs`, each time shortened at random by up to a half. */
  readonly initialDelayMs?: number;
  /** Default 5,000. */
  readonly maxDelayMs?: number;
}

const INITIAL_DELAY_MS = 200;
const MAX_DELAY_MS = 5_000;
const MAX_REASON_LENGTH = 200;

/** Repeats `task` until it succeeds, without a limit on tries. Logs one line when the reason changes and one when the wait is
 *  over; none when the first try succeeds. */
export async function retryUntilReady<T>(task: (signal: AbortSignal) => Promise<T>, options: RetryOptions): Promise<T> {
  const { logger, what, signal, isFatal, initialDelayMs = INITIAL_DELAY_MS, maxDelayMs = MAX_DELAY_MS } = options;
  let lastReason: string | null = null;
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    try {
      const value = await task(signal);
      if (lastReason !== null) logger.info(`${what} is ready`, { tries });
      return value;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ExitError || isFatal?.(error) === true) throw error;
      const reason = describeError(error);
      if (reason !== lastReason) logger.warn(`waiting for ${what}`, { reason });
      lastReason = reason;
    }
    const ceilingMs = Math.min(initialDelayMs * 2 ** (tries - 1), maxDelayMs);
    await delay(ceilingMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** The error in one line without credentials: its last line, where Prisma says what happened, and its code. */
export function describeError(error: unknown): string {
  const message = isError(error) ? error.message : String(error);
  const lastLine = message.trim().split('\n').at(-1)?.trim() ?? '';
  const code = isError(error) && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const name = isError(error) ? error.name : 'unknown error';
  const text = lastLine === '' ? code || name : lastLine.includes(code) ? lastLine : `${lastLine} (${code})`;
  return scrub(text).slice(0, MAX_REASON_LENGTH);
}
