import type { Broker } from './broker.ts';
import { BrokerClosedError, SecondListenerError } from './broker-errors.ts';
import { openRedisPublisher } from './redis-publisher.ts';
import { openRedisSubscriber, type RedisSubscriber } from './redis-subscriber.ts';
import { parseRedisUrl } from './redis-url.ts';

/** Plain Redis pub/sub: one connection to publish, opened at once, and one to subscribe, opened by `subscribe`. Until the first is
 *  ready `publish` rejects, like in every other moment without a connection.
 *  @throws TypeError for a URL that is not a Redis URL; it does not repeat the URL. */
export function createRedisBroker(url: string, channel: string): Broker {
  const address = parseRedisUrl(url);
  const publisher = openRedisPublisher(address, channel);
  let subscriber: RedisSubscriber | null = null;
  let isClosed = false;

  return {
    publish: publisher.publish,
    async subscribe(listener) {
      if (isClosed) throw new BrokerClosedError();
      if (subscriber !== null) throw new SecondListenerError();
      subscriber = openRedisSubscriber(address, channel, listener);
      await subscriber.settled;
    },
    status() {
      if (isClosed) return { status: 'down', reason: 'closed' };
      const reason = subscriber?.reason() ?? publisher.reason();
      return reason === null ? { status: 'up' } : { status: 'down', reason };
    },
    async close() {
      isClosed = true;
      await Promise.all([publisher.close(), subscriber?.close()]);
    },
  };
}
