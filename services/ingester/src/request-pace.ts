import { setTimeout as sleep } from 'node:timers/promises';

/** How much of a delay is made up for. */
const MAX_LATE_MS = 100;

/** Spreads requests evenly, in the order in which they ask. */
export interface RequestPace {
  /** Resolves when the next request may be sent; at once while there is no pace. @throws when aborted. */
  wait(signal: AbortSignal): Promise<void>;
  /** From now on, at most so many a second. */
  keep(perSecond: number): void;
  /** None is sent for so long. */
  pause(ms: number): void;
}

export function createRequestPace(): RequestPace {
  let intervalMs = 0;
  let nextAtMs = 0;
  let turn: Promise<unknown> = Promise.resolve();

  const untilNext = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    for (let leftMs = nextAtMs - performance.now(); leftMs > 0; leftMs = nextAtMs - performance.now()) {
      await sleep(leftMs, undefined, { signal });
    }
    // A process that was held up must not make up for it all at once.
    nextAtMs = Math.max(nextAtMs, performance.now() - MAX_LATE_MS) + intervalMs;
  };

  return {
    async wait(signal) {
      if (intervalMs === 0) return;
      const mine = turn.then(() => untilNext(signal));
      turn = mine.catch(() => {});
      await mine;
    },
    keep(perSecond) {
      intervalMs = 1_000 / perSecond;
    },
    pause(ms) {
      nextAtMs = Math.max(nextAtMs, performance.now() + ms);
    },
  };
}
