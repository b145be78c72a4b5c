import type { Metrics } from '@dms/runtime';
import type { ConnectionsView, FeedView } from './http/views.ts';

/** Always all of them, so that a state that is over falls to 0 and does not vanish. */
const FEED_STATES = ['booting', 'live', 'degraded'] as const;

/** The gateway's own numbers; each is read where it is kept. */
export function addGatewayMetrics(metrics: Metrics, feed: FeedView, connections: ConnectionsView): void {
  metrics.gauge({
    name: 'dms_gateway_connections',
    help: 'Open streams of this replica.',
    label: 'door',
    read: () => connections.byDoor,
  });
  metrics.gauge({
    name: 'dms_gateway_applied_seq',
    help: 'Seq of the newest event this replica holds.',
    read: () => feed.position.seq,
  });
  metrics.gauge({
    name: 'dms_gateway_feed_state',
    help: 'The state of the feed: 1 for the one it is in, 0 for the others.',
    label: 'state',
    read: () => Object.fromEntries(FEED_STATES.map((state) => [state, Number(feed.state === state)])),
  });
}
