import type { Change } from '@dms/event-log';
import { type LogEvent, snowflakeTimeMs } from '@dms/protocol';

/** `received`: written on Discord → dispatched to us. `committed`: from there to the end of its commit. `published`: from there
 *  until the broker has taken it. */
export const INGESTER_HOPS = ['received', 'committed', 'published'] as const;
export type IngesterHop = (typeof INGESTER_HOPS)[number];

/** How long new messages take on their way into the log. What was fetched, edited or dispatched again is no delivery. */
export interface HopTimes {
  committed(changes: readonly Change[], events: readonly LogEvent[]): void;
  /** `ms` after the end of the commit. */
  published(ms: number): void;
}

export interface HopTimesDeps {
  readonly observe: (hop: IngesterHop, seconds: number) => void;
  /** On the clock of `Change.observedAt`, in microseconds. */
  readonly stamp: () => number;
}

export function createHopTimes({ observe, stamp }: HopTimesDeps): HopTimes {
  return {
    committed(changes, events) {
      const nowMs = stamp() / 1_000;
      const created = new Set(events.flatMap(({ type, messageId }) => (type === 'MESSAGE_CREATE' ? [messageId] : [])));
      for (const change of changes) {
        if (change.kind !== 'message' || change.origin !== 'live' || !created.delete(change.id)) continue;
        const receivedMs = change.observedAt / 1_000;
        // Discord's clock and the database's: the one that lags behind must not make it negative.
        observe('received', Math.max(0, receivedMs - snowflakeTimeMs(change.id)) / 1_000);
        observe('committed', Math.max(0, nowMs - receivedMs) / 1_000);
      }
    },
    published(ms) {
      observe('published', ms / 1_000);
    },
  };
}
