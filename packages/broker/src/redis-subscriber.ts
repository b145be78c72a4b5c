import type { BrokerListener } from './broker.ts';
import { decodeBatch } from './event-codec.ts';
import { openRedisConnection } from './redis-connection.ts';
import type { RedisRoute } from './redis-route.ts';

export interface RedisSubscriber {
  /** Resolves on the first acknowledgement, or after `FIRST_ACK_TIMEOUT_MS`. */
  readonly settled: Promise<void>;
  reason(): string | null;
  close(): Promise<void>;
}

const FIRST_ACK_TIMEOUT_MS = 1_000;
const SILENCE_MS = 2_000;

/** Subscribes again on every new connection and reports each acknowledgement: only this connection knows that it missed
 *  something. */
export function openRedisSubscriber(route: RedisRoute, channel: string, listener: BrokerListener): RedisSubscriber {
  let isClosed = false;
  let settle = (): void => {};
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const firstAckTimer = setTimeout(() => settle(), FIRST_ACK_TIMEOUT_MS);

  const receive = (message: Buffer): void => {
    if (isClosed) return;
    const batch = decodeBatch(message);
    if (batch === null) listener.malformed();
    else listener.events(batch);
  };
  const acknowledged = (): void => {
    if (isClosed) return;
    clearTimeout(firstAckTimer);
    listener.subscribed();
    settle();
  };
  const connection = openRedisConnection(route, {
    silenceMs: SILENCE_MS,
    async prepare(redis) {
      redis.on('messageBuffer', (_channel: Buffer, message: Buffer) => receive(message));
      await redis.subscribe(channel);
    },
    // In a microtask of its own, so that an error of the listener is not taken for one of the connection.
    prepared: () => queueMicrotask(acknowledged),
  });
  return {
    settled,
    reason: connection.reason,
    close() {
      isClosed = true;
      clearTimeout(firstAckTimer);
      settle();
      return connection.close();
    },
  };
}
