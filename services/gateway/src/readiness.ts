import type { Readiness } from '@dms/runtime';
import type { ConnectionsView, FeedView } from './http/views.ts';

const MAX_LAG_MS = 2_000;

/** What a gateway says before it listens. */
export const STARTING: Readiness = { status: 'down', reasons: ['The gateway is starting.'] };

/** How long the event loop takes to come round right now. */
export async function measureLagMs(): Promise<number> {
  const startMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 0));
  return performance.now() - startMs;
}

/** Why this replica must not get new traffic; null when it may. Outages elsewhere are no reason: a readiness that follows
 *  them turns a short outage of Redis into an outage for everyone. */
export function notReadyReason(
  feed: Pick<FeedView, 'isReady'>,
  connections: Pick<ConnectionsView, 'isDraining'>,
  lagMs: number,
): string | null {
  if (connections.isDraining) return 'This replica is stopping.';
  if (!feed.isReady) return 'The first read of the log is not finished.';
  if (lagMs >= MAX_LAG_MS) return `The event loop lags ${Math.round(lagMs)} ms behind.`;
  return null;
}

/** The same judgement for the operator's port, with what is degraded beside it. */
export async function gatewayReadiness(feed: FeedView, connections: ConnectionsView): Promise<Readiness> {
  const reason = notReadyReason(feed, connections, await measureLagMs());
  const isDegraded = feed.state === 'degraded';
  return {
    status: reason !== null ? 'down' : isDegraded ? 'degraded' : 'ok',
    reasons: [reason, isDegraded ? feed.detail : null].filter((text) => text !== null),
    feed: feed.state,
    connections: connections.total,
  };
}
