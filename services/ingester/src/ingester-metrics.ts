import type { Metrics } from '@dms/runtime';
import type { Backfill } from './backfill.ts';
import type { GapKeeper } from './gap-keeper.ts';
import { INGESTER_HOPS, type IngesterHop } from './hop-times.ts';
import type { IngesterView } from './ingester-readiness.ts';

const LATENCY_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Where the hops of a message on its way into the log are noted. */
export const addIngesterHops = (metrics: Metrics): ((hop: IngesterHop, seconds: number) => void) =>
  metrics.histogram({
    name: 'dms_ingester_hop_seconds',
    help: 'How long new messages took: written on Discord to received here, from there to committed, from there to published.',
    buckets: LATENCY_BUCKETS_SECONDS,
    label: 'hop',
    values: INGESTER_HOPS,
  });

/** The ingester's own numbers; each is read where it is kept. */
export function addIngesterMetrics(
  metrics: Metrics,
  view: IngesterView,
  backfill: Pick<Backfill, 'progress'>,
  gaps: Pick<GapKeeper, 'openGaps'>,
): void {
  const { loop, queue } = view;
  metrics.gauge({
    name: 'dms_ingester_open_gaps',
    help: 'Servers of which something may have been missed and is being fetched; only from the one that writes.',
    read: () => (loop.isLeading ? gaps.openGaps : null),
  });
  metrics.counter({
    name: 'dms_ingester_dead_letters_total',
    help: 'Changes that the database refused; they are filed in the table dead_letter and are no events.',
    read: () => loop.counters.deadLettered,
  });
  metrics.counter({
    name: 'dms_ingester_terms_total',
    help: 'How often this process took the lease.',
    read: () => loop.counters.terms,
  });
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
