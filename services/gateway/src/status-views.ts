import type { Broker, SharedCounts } from '@dms/broker';
import type { DeliveryTimes } from './fan-out/delivery-times.ts';
import type { Door } from './fan-out/framing.ts';
import type { Hub } from './fan-out/hub.ts';
import type { Feed } from './feed/feed.ts';
import type { ConnectionsView, FeedView } from './http/views.ts';
import type { RateMeter } from './rate-meter.ts';

/** The feed as health and statistics see it. Texts are for strangers: no reason, no host. */
export function viewFeed(feed: Feed, broker: Pick<Broker, 'status'>): FeedView {
  return {
    get state() {
      if (!feed.isReady) return 'booting';
      return feed.failure === null && broker.status().status === 'up' ? 'live' : 'degraded';
    },
    get detail() {
      if (feed.failure !== null) return 'the log cannot be read right now';
      return broker.status().status === 'up' ? null : 'without Redis, events arrive through the log';
    },
    get isReady() {
      return feed.isReady;
    },
    get position() {
      return feed.last;
    },
    get ringEvents() {
      return feed.ring.nextSeq - feed.ring.firstSeq;
    },
  };
}

export function viewConnections(
  hub: Pick<Hub, 'connections' | 'counters'>,
  counts: Pick<SharedCounts, 'addresses'>,
  published: RateMeter,
  times: Pick<DeliveryTimes, 'latency'>,
  draining: { readonly isDraining: boolean },
): ConnectionsView {
  return {
    get total() {
      return hub.connections.size;
    },
    get byDoor() {
      const byDoor: Record<Door, number> = { ws: 0, sse: 0, ndjson: 0, poll: 0 };
      for (const { transport } of hub.connections) byDoor[transport.framing.door] += 1;
      return byDoor;
    },
    get addresses() {
      return counts.addresses;
    },
    get isDraining() {
      return draining.isDraining;
    },
    stats: () => ({
      deliveredFrames: hub.counters.writtenFrames,
      messagesPerSecond: published.perSecond(performance.now()),
      latency: times.latency(),
    }),
  };
}
