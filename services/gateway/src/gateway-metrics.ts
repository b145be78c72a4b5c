import type { SharedCounts } from '@dms/broker';
import type { Metrics } from '@dms/runtime';
import type { Doorkeeper } from './access/admission.ts';
import { lagOf } from './fan-out/connection.ts';
import { GATEWAY_HOPS, type GatewayHop } from './fan-out/delivery-times.ts';
import type { Hub } from './fan-out/hub.ts';
import type { AttachCounts } from './feed/attach-counts.ts';
import type { Feed } from './feed/feed.ts';
import type { ConnectionsView, FeedView } from './http/views.ts';
import type { CloseCounts } from './websocket/close-counts.ts';

/** Always all of them, so that a state that is over falls to 0 and does not vanish. */
const FEED_STATES = ['booting', 'live', 'degraded'] as const;
const LATENCY_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const LAG_BUCKETS_EVENTS = [0, 1, 10, 100, 1_000, 10_000, 100_000];

export interface GatewayMetricSources {
  readonly feed: Pick<Feed, 'last' | 'counters'>;
  readonly feedView: FeedView;
  readonly connections: ConnectionsView;
  readonly hub: Pick<Hub, 'connections' | 'counters'>;
  readonly doorkeeper: Pick<Doorkeeper, 'refusals'>;
  readonly counts: Pick<SharedCounts, 'isShared'>;
  readonly attaches: Pick<AttachCounts, 'read'>;
  readonly closes: Pick<CloseCounts, 'read'>;
}

/** Where the hops of a message within a gateway are noted. */
export const addGatewayHops = (metrics: Metrics): ((hop: GatewayHop, seconds: number) => void) =>
  metrics.histogram({
    name: 'dms_gateway_hop_seconds',
    help: 'How long new messages took: written on Discord to held here (applied), from there to every client that keeps up (fanned_out), both (delivered).',
    buckets: LATENCY_BUCKETS_SECONDS,
    label: 'hop',
    values: GATEWAY_HOPS,
  });

/** The gateway's own numbers; each is read where it is kept. */
export function addGatewayMetrics(metrics: Metrics, sources: GatewayMetricSources): void {
  addFeedMetrics(metrics, sources);
  addConnectionMetrics(metrics, sources);
  addFanOutMetrics(metrics, sources);
}

function addFeedMetrics(metrics: Metrics, { feed, feedView }: GatewayMetricSources): void {
  metrics.gauge({
    name: 'dms_gateway_applied_seq',
    help: 'Seq of the newest event this replica holds.',
    read: () => feedView.position.seq,
  });
  metrics.gauge({
    name: 'dms_gateway_feed_state',
    help: 'The state of the feed: 1 for the one it is in, 0 for the others.',
    label: 'state',
    read: () => Object.fromEntries(FEED_STATES.map((state) => [state, Number(feedView.state === state)])),
  });
  metrics.counter({
    name: 'dms_gateway_hints_total',
    help: 'Events that arrived through the broker.',
    read: () => feed.counters.hints,
  });
  metrics.counter({
    name: 'dms_gateway_malformed_hints_total',
    help: 'Messages of the broker that could not be understood; their events are read from the log.',
    read: () => feed.counters.malformed,
  });
  metrics.counter({
    name: 'dms_gateway_healed_events_total',
    help: 'Events that no hint brought and that were read from the log.',
    read: () => feed.counters.heals,
  });
  metrics.counter({
    name: 'dms_gateway_divergences_total',
    help: 'How often the log was no longer the one that was served: every client was closed.',
    read: () => feed.counters.divergences,
  });
}

function addConnectionMetrics(metrics: Metrics, sources: GatewayMetricSources): void {
  const { connections, doorkeeper, counts, attaches, closes } = sources;
  metrics.gauge({
    name: 'dms_gateway_connections',
    help: 'Open streams of this replica.',
    label: 'door',
    read: () => connections.byDoor,
  });
  metrics.gauge({
    name: 'dms_gateway_limits_shared',
    help: 'Whether limits are counted together with the other replicas (1) or for this one alone (0).',
    read: () => Number(counts.isShared),
  });
  metrics.counter({
    name: 'dms_gateway_refused_total',
    help: 'Streams that were not opened, by reason.',
    label: 'reason',
    read: () => doorkeeper.refusals,
  });
  metrics.counter({
    name: 'dms_gateway_resumes_total',
    help: 'Streams that named a position: where the missed events were read (live: none were missed), and the result.',
    labels: ['tier', 'result'],
    read: () => attaches.read().map(({ tier, result, count }) => ({ labels: { tier, result }, value: count })),
  });
  metrics.counter({
    name: 'dms_gateway_closes_total',
    help: 'WebSockets that ended, by close code and by who closed.',
    labels: ['code', 'by'],
    read: () => closes.read().map(({ code, by, count }) => ({ labels: { code, by }, value: count })),
  });
}

function addFanOutMetrics(metrics: Metrics, { feed, hub }: GatewayMetricSources): void {
  metrics.counter({
    name: 'dms_gateway_writes_total',
    help: 'Writes to sockets that carried events.',
    read: () => hub.counters.writes,
  });
  metrics.counter({
    name: 'dms_gateway_written_events_total',
    help: 'Events that these writes carried: deliveries.',
    read: () => hub.counters.writtenFrames,
  });
  metrics.counter({
    name: 'dms_gateway_written_bytes_total',
    help: 'Bytes that these writes carried.',
    read: () => hub.counters.writtenBytes,
  });
  metrics.counter({
    name: 'dms_gateway_lost_places_total',
    help: 'Clients closed because their place in the log was gone while they lagged.',
    read: () => hub.counters.lost,
  });
  metrics.snapshot({
    name: 'dms_gateway_connection_lag_events',
    help: 'How many events each open stream still lacks, at this moment.',
    buckets: LAG_BUCKETS_EVENTS,
    *read() {
      for (const connection of hub.connections) yield lagOf(connection, feed.last);
    },
  });
}
