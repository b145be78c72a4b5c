import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { openRedisClient, type RedisClient } from './redis-client.ts';
import type { RedisRoute } from './redis-route.ts';

/** A connection that reconnects for ever by itself, to whichever server is the right one by then. */
export interface RedisConnection {
  /** What can be used right now, or null. */
  current(): Redis | null;
  /** Why it is not usable right now, without credentials; null = usable. */
  reason(): string | null;
  /** Ends the current connection, if it is still this one, and connects anew: what it said cannot be relied on. */
  giveUp(redis: Redis, because: unknown): void;
  /** Leaves no socket and no timer behind, whatever state it was in. */
  close(): Promise<void>;
}

export interface ConnectionUse {
  /** An answer that takes longer ends the connection. */
  readonly silenceMs: number;
  /** Prepares a fresh connection. When it rejects, the connection is given up like one that was lost. */
  prepare(redis: Redis): Promise<void>;
  /** It is prepared and current. */
  prepared(): void;
}

/** A frozen, half-open or demoted server is noticed after at most this and `silenceMs`. */
const PROBE_INTERVAL_MS = 2_000;
const MAX_RECONNECT_DELAY_MS = 1_000;
const FIRST_RECONNECT_DELAY_MS = 50;
const RECONNECT_JITTER_MS = 100;

/** Starts connecting at once. */
export function openRedisConnection(route: RedisRoute, use: ConnectionUse): RedisConnection {
  const closing = new AbortController();
  const { signal } = closing;
  let current: Redis | null = null;
  let currentClient: RedisClient | null = null;
  let trouble = 'connecting';
  let failures = 0;

  /** From a connect to the end of that connection; rejects with the reason of the end. */
  const connectOnce = async (): Promise<never> => {
    const server = await route.locate();
    signal.throwIfAborted();
    const client = openRedisClient(server, route.access, use.silenceMs);
    const { redis } = client;
    const end = () => client.end();
    signal.addEventListener('abort', end);
    let probe: NodeJS.Timeout | undefined;
    try {
      await client.ready;
      const objection = await route.objection(redis);
      if (objection !== null) throw new Error(objection);
      await use.prepare(redis);
      current = redis;
      currentClient = client;
      failures = 0;
      use.prepared();
      probe = setInterval(() => probeOnce(client, route), PROBE_INTERVAL_MS);
      throw await client.ended;
    } finally {
      current = null;
      currentClient = null;
      clearInterval(probe);
      signal.removeEventListener('abort', end);
      await client.end();
    }
  };

  const stayConnected = async (): Promise<void> => {
    while (!signal.aborted) {
      await connectOnce().catch((error: unknown) => {
        trouble = describe(error, route);
      });
      failures += 1;
      await delay(reconnectDelayMs(failures), undefined, { signal }).catch(() => {});
    }
  };
  const running = stayConnected();

  return {
    current: () => current,
    reason: () => (current === null ? trouble : null),
    giveUp(redis, because) {
      if (current !== redis) return;
      current = null;
      void currentClient?.end(because instanceof Error ? because : new Error(String(because)));
    },
    close() {
      closing.abort();
      return running;
    },
  };
}

/** A quiet connection hears nothing from a dead server, so it asks; the time limits of the client do the rest. */
async function probeOnce(client: RedisClient, route: RedisRoute): Promise<void> {
  client.redis.ping().catch(() => {});
  const objection = await route.objection(client.redis);
  if (objection !== null) await client.end(new Error(objection));
}

function reconnectDelayMs(attempt: number): number {
  const delayMs = Math.min(FIRST_RECONNECT_DELAY_MS * 2 ** (attempt - 1), MAX_RECONNECT_DELAY_MS);
  return delayMs + Math.random() * RECONNECT_JITTER_MS;
}

/** Server and system errors name hosts and users, never passwords; a library's future wording is not trusted with that. */
function describe(error: unknown, { secrets }: RedisRoute): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, '***'), messageOf(error));
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // When a host has several addresses and none accepts, the error is an AggregateError, with a code and an empty message.
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}
