import type { BrokerListener } from './broker.ts';
import { decodeBatch } from './event-codec.ts';
import { openRedisConnection } from './redis-connection.ts';
import type { RedisAddress } from './redis-url.ts';

export interface RedisSubscriber {
  /** Resolves on the first acknowledgement, or after `FIRST_ACK_TIMEOUT_MS`. */
  readonly settled: Promise<void>;
  reason(): string | null;
  close(): Promise<void>;
}

const FIRST_ACK_TIMEOUT_MS = 1_000;
/** A frozen or half-open server is noticed after at most the sum of both. */
const PROBE_INTERVAL_MS = 2_000;
const SILENCE_MS = 2_000;

/** Subscribes again after every reconnect and reports each acknowledgement: only this connection knows that it missed something.
 *  A subscriber hears nothing from a dead server, so it asks: PING every 2 s, and 2 s without any answer end the connection. */
export function openRedisSubscriber(address: RedisAddress, channel: string, listener: BrokerListener): RedisSubscriber {
  const connection = openRedisConnection(address, SILENCE_MS, {
    maxRetriesPerRequest: null,
    enableOfflineQueue: false,
  });
  const { redis } = connection;
  let isSubscribed = false;
  let isClosed = false;
  let refusal: string | null = null;
  let settle = (): void => {};
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const firstAckTimer = setTimeout(() => settle(), FIRST_ACK_TIMEOUT_MS);

  const acknowledged = (): void => {
    if (isClosed) return;
    isSubscribed = true;
    refusal = null;
    clearTimeout(firstAckTimer);
    listener.subscribed();
    settle();
  };
  const refused = (error: Error): void => {
    // An acknowledgement may still come or the connection may be lost: either way the next `ready` or probe tries again.
    refusal = error.message;
  };
  const subscribe = (): void => {
    redis.subscribe(channel).then(acknowledged, refused);
  };
  const probe = setInterval(() => {
    if (redis.status !== 'ready') return;
    if (isSubscribed) redis.ping().catch(() => {});
    else subscribe();
  }, PROBE_INTERVAL_MS);

  redis.on('ready', subscribe);
  redis.on('close', () => {
    isSubscribed = false;
  });
  redis.on('messageBuffer', (_channel: Buffer, message: Buffer) => {
    if (isClosed) return;
    const batch = decodeBatch(message);
    if (batch === null) listener.malformed();
    else listener.events(batch);
  });
  return {
    settled,
    reason: () => connection.reason() ?? (isSubscribed ? null : (refusal ?? 'subscribing')),
    close() {
      isClosed = true;
      clearInterval(probe);
      clearTimeout(firstAckTimer);
      settle();
      return connection.close();
    },
  };
}
