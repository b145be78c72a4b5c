import { formatPosition } from '@dms/protocol';
import type { Router } from 'express';
import type { Access } from '../access/access.ts';
import type { ReplicaStats, ReplicaStatsView } from '../replica-stats.ts';
import { type HealthSources, readWriterState } from './health-report.ts';
import { addJsonRoute } from './json-route.ts';
import { requireNoParameters, requireUnboundScope } from './request-guards.ts';

export interface StatsSources extends HealthSources {
  readonly replicas: ReplicaStatsView;
}

/** `/stats`: connections of all living replicas, and how this one delivers. What the log cannot say while the database is away is
 *  null. */
export function addStatsRoutes(router: Router, sources: StatsSources, access: Access): void {
  const { log, broker, feed, connections, replicas } = sources;
  addJsonRoute(router, '/stats', async (req) => {
    requireUnboundScope(access, req, 'stats');
    requireNoParameters(req);
    const [writer, living] = await Promise.all([readWriterState(log), replicas.read()]);
    const stats = connections.stats();
    return JSON.stringify({
      connections: { ...sum(living), replicas: living },
      limits: { are_shared: replicas.isShared },
      delivery: {
        delivered_frames: stats.deliveredFrames,
        messages_per_second: stats.messagesPerSecond,
        latency_ms: stats.latency === null ? null : { p50: stats.latency.p50Ms, p99: stats.latency.p99Ms },
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

/** Addresses do not add up, because one may be connected to several: as many as the replica that sees most of them. */
function sum(living: readonly ReplicaStats[]) {
  const byDoor: Record<string, number> = {};
  for (const { by_door } of living) {
    for (const [door, count] of Object.entries(by_door)) byDoor[door] = (byDoor[door] ?? 0) + count;
  }
  return {
    total: living.reduce((total, replica) => total + replica.total, 0),
    by_door: byDoor,
    addresses: Math.max(0, ...living.map(({ addresses }) => addresses)),
  };
}

const describeDiscord = (status: { readonly discord: string; readonly detail: string | null } | null) => ({
  discord: status?.discord ?? null,
  detail: status?.detail ?? null,
});
