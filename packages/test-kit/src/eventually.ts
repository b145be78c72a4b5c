import { setTimeout as delay } from 'node:timers/promises';
import { types } from 'node:util';

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_INTERVAL_MS = 20;

export interface EventuallyOptions {
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** Pause between two tries, default 20. */
  readonly intervalMs?: number;
}

/** Repeats `assertion` until it stops throwing and returns its value. At the deadline it rejects with the last failure, and
 *  also when a try is still pending by then. Tries never overlap. Waiting for an event is better wherever there is one. */
export async function eventually<T>(assertion: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, intervalMs = DEFAULT_INTERVAL_MS } = options;
  const deadline = performance.now() + timeoutMs;
  for (let tries = 1; ; tries += 1) {
    try {
      return await withDeadline(Promise.resolve().then(assertion), deadline - performance.now());
    } catch (cause) {
      if (performance.now() + intervalMs >= deadline) throw givenUp(cause, tries, timeoutMs);
    }
    await delay(intervalMs);
  }
}

function givenUp(cause: unknown, tries: number, timeoutMs: number): Error {
  const reason = cause instanceof Error || types.isNativeError(cause) ? cause.message : String(cause);
  return new Error(`still failing after ${timeoutMs} ms (${tries} tries): ${reason}`, { cause });
}

async function withDeadline<T>(attempt: Promise<T>, remainingMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the assertion itself did not settle')), Math.max(remainingMs, 1));
  });
  try {
    return await Promise.race([attempt, expired]);
  } finally {
    clearTimeout(timer);
  }
}
