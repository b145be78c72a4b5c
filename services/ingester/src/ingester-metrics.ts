import type { Metrics } from '@dms/runtime';
import type { Backfill } from './backfill.ts';
import type { IngesterView } from './ingester-readiness.ts';

/** The ingester's own numbers; each is read where it is kept. */
export function addIngesterMetrics(metrics: Metrics, view: IngesterView, backfill: Pick<Backfill, 'progress'>): void {
  const { loop, queue } = view;
  metrics.gauge({
    name: 'dms_ingester_leading',
    help: 'Whether this process holds the lease and writes (1) or stands by (0).',
    read: () => Number(loop.isLeading),
  });
  metrics.gauge({
    name: 'dms_ingester_discord_connected',
    help: 'Whether the session with Discord is up (1) or not (0); a standby has none.',
    read: () => Number(view.discord.discord === 'connected'),
  });
  metrics.gauge({
    name: 'dms_ingester_queued_changes',
    help: 'Changes received from Discord and not yet committed.',
    read: () => queue.size,
  });
  metrics.gauge({
    name: 'dms_ingester_head_seq',
    help: 'Seq of the newest event in the log, while this process is its writer.',
    read: () => loop.headSeq,
  });
  metrics.gauge({
    name: 'dms_ingester_commit_seconds',
    help: 'How long the newest 100 commits took, by quantile.',
    label: 'quantile',
    read: () => loop.commitTimes.quantiles(),
  });
  metrics.counter({
    name: 'dms_ingester_committed_events_total',
    help: 'Events appended to the log.',
    read: () => loop.counters.committed,
  });
  metrics.counter({
    name: 'dms_ingester_commit_failures_total',
    help: 'Commits that failed or whose outcome is unknown; their changes are fed again.',
    read: () => loop.counters.commitFailures,
  });
  metrics.counter({
    name: 'dms_ingester_publish_failures_total',
    help: 'Publishes that did not reach the broker; gateways read those events from the log.',
    read: () => loop.counters.publishFailures,
  });
  metrics.counter({
    name: 'dms_backfill_messages_total',
    help: 'Messages that the import of older history fetched.',
    read: () => backfill.progress.messages,
  });
  metrics.gauge({
    name: 'dms_backfill_channels',
    help: 'Channels and threads whose older history is imported (done), refused by Discord, or still to be fetched (open).',
    label: 'state',
    read: () => {
      const { channels, channelsDone: done, channelsRefused: refused } = backfill.progress;
      return { done, refused, open: channels - done - refused };
    },
  });
  metrics.gauge({
    name: 'dms_backfill_reached_timestamp_seconds',
    help: 'Every channel is imported from this moment on; absent when nothing is left to fetch.',
    read: () => {
      const { reachedMs } = backfill.progress;
      return reachedMs === null ? null : reachedMs / 1_000;
    },
  });
}
