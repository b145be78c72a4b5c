import { setTimeout as delay } from 'node:timers/promises';
import type { PageCache } from './page-cache.ts';
import { openRedisConnection } from './redis-connection.ts';
import type { RedisRoutes } from './redis-route.ts';

/** A database finds a page in about a millisecond: waiting longer for a cache is no saving. */
const GET_TIMEOUT_MS = 100;
const SILENCE_MS = 1_000;

/** Plain GET and SET on a connection of its own; without one there is no cache, and nobody waits for it. */
export function createRedisPageCache(routes: RedisRoutes, prefix: string): PageCache {
  const connection = openRedisConnection(routes.create(), {
    silenceMs: SILENCE_MS,
    prepare: async () => {},
    prepared: () => {},
  });
  const inFlight = new Set<Promise<unknown>>();
  /** Answers null for a failure. Its time limit is a timer, which must not outlive the cache. */
  const track = <T>(command: Promise<T>): Promise<T | null> => {
    const settled = command.catch(() => null).finally(() => inFlight.delete(settled));
    inFlight.add(settled);
    return settled;
  };
  return {
    async get(key) {
      const redis = connection.current();
      if (redis === null) return null;
      const over = new AbortController();
      const tooLate = delay(GET_TIMEOUT_MS, null, { signal: over.signal }).catch(() => null);
      const value = await Promise.race([track(redis.get(prefix + key)), tooLate]);
      over.abort();
      return value;
    },
    set(key, value, keepMs) {
      const redis = connection.current();
      if (redis !== null) void track(redis.set(prefix + key, value, 'PX', keepMs));
    },
    async close() {
      await connection.close();
      await Promise.allSettled(inFlight);
      await routes.close();
    },
  };
}
