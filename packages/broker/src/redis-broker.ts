import type { Broker } from './broker.ts';
import { BrokerClosedError, SecondListenerError } from './broker-errors.ts';
import type { RedisUrl } from './broker-url.ts';
import { openRedisPublisher } from './redis-publisher.ts';
import { openRedisRoutes } from './redis-routes.ts';
import { openRedisSubscriber, type RedisSubscriber } from './redis-subscriber.ts';

/** Plain Redis pub/sub: one connection to publish, opened at once, and one to subscribe, opened by `subscribe`. Until the first is
 *  ready `publish` rejects, like in every other moment without a connection. */
export function createRedisBroker(url: RedisUrl, channel: string): Broker {
  const routes = openRedisRoutes(url);
  const publisher = openRedisPublisher(routes.create(), channel);
  let subscriber: RedisSubscriber | null = null;
  let isClosed = false;

  return {
    publish: publisher.publish,
    async subscribe(listener) {
      if (isClosed) throw new BrokerClosedError();
      if (subscriber !== null) throw new SecondListenerError();
      subscriber = openRedisSubscriber(routes.create(), channel, listener);
      await subscriber.settled;
    },
    status() {
      if (isClosed) return { status: 'down', reason: 'closed' };
      const reason = subscriber?.reason() ?? publisher.reason();
      return reason === null ? { status: 'up' } : { status: 'down', reason };
    },
    async close() {
      isClosed = true;
      await Promise.all([publisher.close(), subscriber?.close(), routes.close()]);
    },
  };
}
