import type { BackfillChange } from '@dms/event-log';
import { reachedMs } from './backfill-plan.ts';

/** What is wanted and what is there, of the channels and threads known so far. */
export interface BackfillProgress {
  /** Something is left to fetch. */
  readonly isRunning: boolean;
  /** Fetched since the process started. */
  readonly messages: number;
  /** Threads count, too. */
  readonly channels: number;
  readonly channelsDone: number;
  /** Discord refuses something of them. */
  readonly channelsRefused: number;
  /** Every channel is imported from here on, milliseconds since the Unix epoch; null when nothing is left to fetch. */
  readonly reachedMs: number | null;
}

export function describeProgress(steps: readonly BackfillChange[], messages: number): BackfillProgress {
  const idsOf = (some: readonly BackfillChange[]): ReadonlySet<string> => new Set(some.map(({ id }) => id));
  const open = steps.filter(({ isDone }) => !isDone);
  const wanted = open.filter(({ refused }) => refused === null);
  const reached = wanted.filter(({ list }) => list === 'messages').map(reachedMs);
  const channels = idsOf(steps).size;
  return {
    isRunning: wanted.length > 0,
    messages,
    channels,
    channelsDone: channels - idsOf(open).size,
    channelsRefused: idsOf(open.filter(({ refused }) => refused !== null)).size,
    reachedMs: reached.length === 0 ? null : reached.reduce((a, b) => Math.max(a, b)),
  };
}
