import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog } from '@dms/event-log';
import type { Logger } from '@dms/runtime';

const PRUNE_INTERVAL_MS = 60_000;
/** Small enough that a commit never waits long behind it. */
const PRUNE_EVENTS = 5_000;
const HOUR_MS = 3_600_000;

export interface PruneDeps {
  readonly log: Pick<EventLog, 'prune' | 'stamp'>;
  readonly retentionHours: number;
  /** Only the leader prunes. */
  readonly isLeading: () => boolean;
  readonly logger: Logger;
}

/** Removes events older than the retention, once a minute, until aborted. Messages stay. Never rejects. */
export async function pruneEvents(
  { log, retentionHours, isLeading, logger }: PruneDeps,
  signal: AbortSignal,
): Promise<void> {
  const pruneOld = async (): Promise<void> => {
    const beforeMs = log.stamp() / 1_000 - retentionHours * HOUR_MS;
    while (isLeading() && !signal.aborted && (await log.prune(beforeMs, PRUNE_EVENTS)) === PRUNE_EVENTS);
  };
  while (!signal.aborted) {
    await sleep(PRUNE_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    await pruneOld().catch((error: unknown) => logger.warn('old events could not be pruned', { error }));
  }
}
