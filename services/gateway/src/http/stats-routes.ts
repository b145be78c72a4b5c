import { formatPosition } from '@dms/protocol';
import type { Router } from 'express';
import type { Access } from '../access/access.ts';
import { type HealthSources, readWriterState } from './health-report.ts';
import { addJsonRoute } from './json-route.ts';
import { requireNoParameters, requireUnboundScope } from './request-guards.ts';

/** `/stats`: numbers of this replica. What the log cannot say while the database is away is null. */
export function addStatsRoutes(router: Router, sources: HealthSources, access: Access): void {
  const { log, broker, feed, connections } = sources;
  addJsonRoute(router, '/stats', async (req) => {
    requireUnboundScope(access, req, 'stats');
    requireNoParameters(req);
    const writer = await readWriterState(log);
    const stats = connections.stats();
    return JSON.stringify({
      connections: {
        total: connections.total,
        by_door: connections.byDoor,
        addresses: connections.addresses,
        is_draining: connections.isDraining,
      },
      delivery: {
        delivered_frames: stats.deliveredFrames,
        messages_per_second: stats.messagesPerSecond,
        state: feed.state,
        detail: feed.detail,
        position: formatPosition(feed.position),
        ring_events: feed.ringEvents,
        events_behind: writer === null ? null : Math.max(0, writer.seq - feed.position.seq),
      },
      ingester:
        writer === null
          ? null
          : { is_running: writer.isHeld, holder: writer.holder, ...describeDiscord(writer.status) },
      log: writer === null ? null : { term: writer.term, seq: writer.seq },
      broker: broker.status(),
    });
  });
}

const describeDiscord = (status: { readonly discord: string; readonly detail: string | null } | null) => ({
  discord: status?.discord ?? null,
  detail: status?.detail ?? null,
});
