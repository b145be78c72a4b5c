import { setTimeout as sleep } from 'node:timers/promises';
import type { Change } from '@dms/event-log';
import type { Logger } from '@dms/runtime';

const ROOM_INTERVAL_MS = 20;

/** What work beside listening needs of the ingester. */
export interface Leading {
  /** Null while not leading. Aborted, it ends what began under it: what that one fed before may be dropped. */
  readonly leadership: () => AbortSignal | null;
  /** False: nothing more is taken, give up. */
  readonly feed: (change: Change) => boolean;
  /** Waits while this is false: live dispatches need the room. */
  readonly hasRoom: () => boolean;
  readonly logger: Logger;
}

/** Feeds one change as soon as there is room. @throws when its leadership ended, or nothing more is taken. */
export type Feed = (change: Change) => Promise<void>;

export interface Work {
  /** For the log, after "could not". */
  readonly name: string;
  readonly intervalMs: number;
  /** One round; `signal` ends with the leadership, and is the same for all rounds of one. What is left undone by a rejection is found by the next round. */
  readonly round: (feed: Feed, signal: AbortSignal) => Promise<void>;
}

/** A round after each interval, one at a time, while this process leads. Resolves when aborted; never rejects. */
export async function whileLeading({ name, intervalMs, round }: Work, leading: Leading, signal: AbortSignal) {
  const { leadership, hasRoom, logger } = leading;
  let led: AbortSignal | null = null;
  let ending = signal;
  while (!signal.aborted) {
    const current = leadership();
    if (current !== null) {
      if (current !== led) ending = AbortSignal.any([signal, current]);
      led = current;
      const feed: Feed = async (change) => {
        while (!hasRoom()) await sleep(ROOM_INTERVAL_MS, undefined, { signal: ending });
        ending.throwIfAborted();
        if (!leading.feed(change)) throw new Error('nothing more is taken');
      };
      await round(feed, ending).catch((error: unknown) => {
        if (!ending.aborted) logger.warn(`could not ${name}, trying again later`, { error });
      });
    }
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}
