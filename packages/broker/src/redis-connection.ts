import { Redis, type RedisOptions } from 'ioredis';
import type { RedisAddress } from './redis-url.ts';

/** One connection that reconnects for ever by itself. */
export interface RedisConnection {
  readonly redis: Redis;
  /** Why it is not usable right now, without credentials; null = usable. */
  reason(): string | null;
  /** Leaves no socket and no timer behind, whatever state it was in. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 2_000;
/** A frozen server keeps its sockets open, so an ended connection gets this long to say goodbye before it is destroyed. */
const DISCONNECT_TIMEOUT_MS = 50;
const MAX_RECONNECT_DELAY_MS = 1_000;
const FIRST_RECONNECT_DELAY_MS = 50;
const RECONNECT_JITTER_MS = 100;

/** Starts connecting at once. An answer that takes longer than `silenceMs` ends the connection, also while it is being set up:
 *  a half-open connection would otherwise look healthy for ever. */
export function openRedisConnection(
  address: RedisAddress,
  silenceMs: number,
  options: Pick<RedisOptions, 'maxRetriesPerRequest' | 'enableOfflineQueue'>,
): RedisConnection {
  let lastError: string | null = null;
  const redis = new Redis({
    ...address,
    ...options,
    commandTimeout: silenceMs,
    socketTimeout: silenceMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    // We subscribe ourselves, to hear of every acknowledgement, and repeat nothing that was published.
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    // INFO and CLIENT are rights that publishing and subscribing do not need.
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: reconnectDelayMs,
  });
  redis.on('error', (error: Error) => {
    lastError = describe(error, address);
  });
  redis.on('ready', () => {
    lastError = null;
  });
  return {
    redis,
    reason: () => (redis.status === 'ready' ? null : (lastError ?? redis.status)),
    close: () => closeConnection(redis),
  };
}

function reconnectDelayMs(attempt: number): number {
  const delayMs = Math.min(FIRST_RECONNECT_DELAY_MS * 2 ** (attempt - 1), MAX_RECONNECT_DELAY_MS);
  return delayMs + Math.random() * RECONNECT_JITTER_MS;
}

/** Server and system errors name hosts and users, never passwords; a library's future wording is not trusted with that. */
function describe(error: Error, address: RedisAddress): string {
  const { message } = error;
  return address.password === undefined ? message : message.replaceAll(address.password, '***');
}

function closeConnection(redis: Redis): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      redis.off('end', settle);
      resolve();
    };
    // Between two tries there is no socket whose end could be reported, and ioredis keeps its own timer for this long.
    const timer = setTimeout(settle, DISCONNECT_TIMEOUT_MS * 2);
    redis.once('end', settle);
    if (redis.status === 'end') settle();
    else redis.disconnect();
  });
}
