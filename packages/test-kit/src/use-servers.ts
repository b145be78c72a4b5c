import { afterAll, beforeAll } from '@jest/globals';
import { type PostgresOptions, type PostgresServer, startPostgres } from './postgres-server.ts';
import { type RedisCluster, type RedisClusterOptions, startRedisCluster } from './redis-cluster.ts';
import { type RedisSentinel, type RedisSentinelOptions, startRedisSentinel } from './redis-sentinel.ts';
import { type RedisOptions, type RedisServer, startRedis } from './redis-server.ts';

const START_TIMEOUT_MS = 120_000;

/** One PostgreSQL for all tests of the surrounding `describe` (or file): started before the first, stopped after the last.
 *  Call the result inside a test or a later hook; give every test a database of its own. */
export function usePostgres(options?: PostgresOptions): () => PostgresServer {
  return useServer(() => startPostgres(options));
}

/** One Redis for all tests of the surrounding `describe` (or file). */
export function useRedis(options?: RedisOptions): () => RedisServer {
  return useServer(() => startRedis(options));
}

/** One master with replicas and sentinels for all tests of the surrounding `describe` (or file). */
export function useRedisSentinel(options?: RedisSentinelOptions): () => RedisSentinel {
  return useServer(() => startRedisSentinel(options));
}

/** One Redis Cluster for all tests of the surrounding `describe` (or file). */
export function useRedisCluster(options?: RedisClusterOptions): () => RedisCluster {
  return useServer(() => startRedisCluster(options));
}

function useServer<T extends { stop(): Promise<void> }>(start: () => Promise<T>): () => T {
  let server: T | null = null;
  beforeAll(async () => {
    server = await start();
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await server?.stop();
    server = null;
  }, START_TIMEOUT_MS);
  return () => {
    if (server === null) throw new Error('the server runs only inside tests and hooks');
    return server;
  };
}
