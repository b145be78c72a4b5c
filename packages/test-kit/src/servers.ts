// The part of the kit that needs no test runner, for benchmarks.

export { INSPECTED, INSPECTOR_LINE, type InspectedMemory, inspectMemory } from './inspected-memory.ts';
export { type PostgresServer, startPostgres } from './postgres-server.ts';
export { queryPostgres } from './query-postgres.ts';
export { type RedisServer, startRedis } from './redis-server.ts';
