import type { LogEvent } from '@dms/protocol';
import { BrokerClosedError, PublishFailedError } from './broker-errors.ts';
import { encodeBatch, encodeEvent } from './event-codec.ts';
import { openRedisConnection } from './redis-connection.ts';
import type { RedisRoute } from './redis-route.ts';

export interface RedisPublisher {
  publish(events: readonly LogEvent[]): Promise<void>;
  reason(): string | null;
  close(): Promise<void>;
}

const PUBLISH_TIMEOUT_MS = 1_000;

/** Plain PUBLISH on a connection of its own. While disconnected every call rejects at once; a server that does not answer is
 *  given up after 1 s together with the connection, so at most one second of events ever waits in a socket. */
export function openRedisPublisher(route: RedisRoute, channel: string): RedisPublisher {
  const connection = openRedisConnection(route, {
    silenceMs: PUBLISH_TIMEOUT_MS,
    prepare: async () => {},
    prepared: () => {},
  });
  const inFlight = new Set<Promise<unknown>>();
  let isClosed = false;

  const send = async (messages: readonly Buffer[]): Promise<void> => {
    const redis = connection.current();
    try {
      if (redis === null) throw new Error(`there is no connection: ${connection.reason()}`);
      await Promise.all(messages.map((message) => redis.publish(channel, message)));
    } catch (cause) {
      throw isClosed ? new BrokerClosedError() : new PublishFailedError(cause);
    }
  };
  return {
    reason: connection.reason,
    async publish(events) {
      if (isClosed) throw new BrokerClosedError();
      const sending = send(encodeBatch(events.map(encodeEvent)));
      inFlight.add(sending);
      try {
        await sending;
      } finally {
        inFlight.delete(sending);
      }
    },
    async close() {
      isClosed = true;
      await connection.close();
      // Their time limits are timers, which must not outlive the broker.
      await Promise.allSettled(inFlight);
    },
  };
}
