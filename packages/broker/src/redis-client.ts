import { Redis } from 'ioredis';
import type { HostPort, RedisAccess } from './broker-url.ts';

/** One connection to one server, once: it does not reconnect. */
export interface RedisClient {
  readonly redis: Redis;
  /** Resolves when commands can be sent; rejects with the reason when the connection ends before. */
  readonly ready: Promise<void>;
  /** Resolves with the reason when the connection is gone, with its socket and timers. */
  readonly ended: Promise<Error>;
  /** Ends it in whatever state it is. A given reason is what `ended` says, unless it is ending already. */
  end(reason?: Error): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 2_000;
/** A frozen server keeps its sockets open, so an ended connection gets this long to say goodbye before it is destroyed. */
const DISCONNECT_TIMEOUT_MS = 50;

/** Starts connecting at once. An answer that takes longer than `silenceMs` ends the connection, also while it is being set up:
 *  a half-open connection would otherwise look healthy for ever. */
export function openRedisClient(server: HostPort, access: RedisAccess, silenceMs: number): RedisClient {
  const redis = new Redis({
    host: server.host,
    port: server.port,
    db: access.db,
    ...access.login,
    ...(access.isEncrypted && { tls: {} }),
    commandTimeout: silenceMs,
    socketTimeout: silenceMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    enableOfflineQueue: false,
    // INFO and CLIENT are rights that publishing and subscribing do not need.
    enableReadyCheck: false,
    disableClientInfo: true,
    // Whoever reconnects chooses the server anew, which ioredis does not do for a single one. So nothing is repeated either.
    retryStrategy: null,
  });
  let reason: Error | null = null;
  redis.on('error', (error: Error) => {
    reason ??= error;
  });
  const ended = new Promise<Error>((resolve) => {
    redis.once('end', () => resolve(reason ?? new Error('the connection was closed')));
  });
  const connected = new Promise<void>((resolve) => {
    redis.once('ready', () => resolve());
  });
  const endedTooEarly = ended.then((error): never => {
    throw error;
  });
  return {
    redis,
    ended,
    ready: Promise.race([connected, endedTooEarly]),
    async end(because) {
      reason ??= because ?? null;
      if (redis.status !== 'end') redis.disconnect();
      await ended;
    },
  };
}
