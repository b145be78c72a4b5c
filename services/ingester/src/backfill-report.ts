import type { Logger } from '@dms/runtime';
import type { BackfillProgress } from './backfill-progress.ts';

const REPORT_INTERVAL_MS = 5_000;
const LOG_INTERVAL_MS = 60_000;

export interface BackfillReportDeps {
  readonly describe: () => BackfillProgress;
  readonly logger: Logger;
  /** At the beginning, every 5 s while something is imported, and at the end. Must not throw. */
  readonly onProgress?: ((progress: BackfillProgress) => void) | undefined;
}

/** Tells how an import goes, from now on: to the log at its beginning, every minute and at its end. To be called about once a
 *  second, with whether something is left to fetch. */
export function createBackfillReport({ describe, logger, onProgress }: BackfillReportDeps): (isOpen: boolean) => void {
  const startedAtMs = performance.now();
  const { messages: before } = describe();
  let reportedAtMs = startedAtMs;
  let loggedAtMs = startedAtMs;
  let wasOpen = false;
  let told = before;

  const tell = (event: string): void => {
    const { messages, channels, channelsDone, channelsRefused, reachedMs } = describe();
    logger.info(event, {
      ...{ messages: messages - before, channels, channelsDone, channelsRefused },
      ...(reachedMs !== null && { reached: new Date(reachedMs).toISOString() }),
      seconds: Math.round((performance.now() - startedAtMs) / 1_000),
    });
  };

  return (isOpen) => {
    const nowMs = performance.now();
    // A short one begins and ends between two calls.
    const isEnd = !isOpen && (wasOpen || describe().messages > told);
    if (isEnd) told = describe().messages;
    if (isEnd) tell('import of older history is complete');
    else if (isOpen && (!wasOpen || nowMs - loggedAtMs >= LOG_INTERVAL_MS)) {
      loggedAtMs = nowMs;
      tell('import of older history goes on');
    }
    if (isEnd || (isOpen && (!wasOpen || nowMs - reportedAtMs >= REPORT_INTERVAL_MS))) {
      reportedAtMs = nowMs;
      onProgress?.(describe());
    }
    wasOpen = isOpen;
  };
}
