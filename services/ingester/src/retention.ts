import type { EventLog } from '@dms/event-log';
import { compareSnowflakes, snowflakeAtMs } from '@dms/protocol';
import type { Work } from './while-leading.ts';

const DAY_MS = 86_400_000;
const INTERVAL_MS = 60_000;
const PAGE = 1_000;

export interface RetentionDeps {
  readonly log: Pick<EventLog, 'messagesBefore' | 'pruneDeadLetters' | 'stamp'>;
  /** `MESSAGE_RETENTION_DAYS`; 0 = for ever. */
  readonly days: number;
  /** Default: a minute. */
  readonly intervalMs?: number | undefined;
}

/** Messages have the age of their id, by the database's clock. */
const cutoffId = ({ log, days }: Pick<RetentionDeps, 'days'> & { log: Pick<EventLog, 'stamp'> }): string =>
  snowflakeAtMs(log.stamp() / 1_000 - days * DAY_MS);

/** Whether a message is too old to be stored, wherever it comes from. */
export function createIsTooOld(log: Pick<EventLog, 'stamp'>, days: number): (messageId: string) => boolean {
  if (days === 0) return () => false;
  return (messageId) => compareSnowflakes(messageId, cutoffId({ log, days })) < 0;
}

/** Deletes what is older than the retention, for good, and what the database refused that long ago. Null without one. */
export function createRetention({ log, days, intervalMs = INTERVAL_MS }: RetentionDeps): Work | null {
  if (days === 0) return null;
  let leadership: AbortSignal | null = null;
  /** Nothing is left below; tombstones there are not walked over again. */
  let floorId = '0';
  return {
    name: 'delete messages beyond the retention',
    intervalMs,
    async round(feed, signal) {
      if (leadership !== signal) floorId = '0';
      leadership = signal;
      const beforeId = cutoffId({ log, days });
      for (let afterId: string | null = floorId; afterId !== null; ) {
        const { examinedId, messages } = await log.messagesBefore(beforeId, afterId, PAGE);
        for (const place of messages) {
          const what = { ...place, bulkId: null, reason: 'retention', origin: 'reconcile' } as const;
          await feed({ kind: 'delete', ...what, observedAt: log.stamp() });
        }
        afterId = examinedId;
      }
      // What was taken in just before it became too old may still be on its way to the database: a day is left for that.
      floorId = snowflakeAtMs(log.stamp() / 1_000 - (days + 1) * DAY_MS);
      await log.pruneDeadLetters(days * DAY_MS);
    },
  };
}
