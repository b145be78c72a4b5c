import { setTimeout as sleep } from 'node:timers/promises';
import { type EventLog, LEASE_MS, type LogWriter } from '@dms/event-log';

/** How often to look whether the lease is back. */
const LOOK_INTERVAL_MS = 250;

/** Knows from the writer's own calls, without asking anybody, whether somebody else may lead by now. */
export interface LeaseWatch extends Pick<EventLog, 'acquire'> {
  /** Resolves when the lease is held for certain, after `patienceMs`, or when aborted. */
  untilHeld(patienceMs: number, signal: AbortSignal): Promise<void>;
}

/** Hands out the log's writers. The lease runs from before each successful call of theirs, so that it ends here no later than by
 *  the database's clock. */
export function watchLease(log: Pick<EventLog, 'acquire'>): LeaseWatch {
  let heldUntilMs = 0;
  const extending = async <T>(call: () => Promise<T>): Promise<T> => {
    const startedMs = performance.now();
    const result = await call();
    heldUntilMs = startedMs + LEASE_MS;
    return result;
  };
  const watch = (writer: LogWriter): LogWriter => ({
    ...writer,
    append: (changes, session) => extending(() => writer.append(changes, session)),
    renew: (status, session) => extending(() => writer.renew(status, session)),
  });
  return {
    async acquire(holder) {
      const startedMs = performance.now();
      const writer = await log.acquire(holder);
      if (writer === null) return null;
      heldUntilMs = startedMs + LEASE_MS;
      return watch(writer);
    },
    async untilHeld(patienceMs, signal) {
      const deadlineMs = performance.now() + patienceMs;
      while (!signal.aborted && performance.now() > heldUntilMs && performance.now() < deadlineMs) {
        await sleep(LOOK_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}
