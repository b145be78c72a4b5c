import { startPostgres, startRedis } from '@dms/test-kit/servers';
import { findChild, type Measured } from './cpu.ts';

/** A PostgreSQL database and a Redis for one run. */
export interface Infrastructure {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly processes: readonly Measured[];
  stop(): Promise<void>;
}

/** Uses the given servers, or starts own ones (test-kit's, with fsync on) and removes them afterwards. */
export async function openInfrastructure(given: {
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
}): Promise<Infrastructure> {
  const { databaseUrl, redisUrl } = given;
  const postgres = databaseUrl === undefined ? await startPostgres() : null;
  const redis = redisUrl === undefined ? await startRedis() : null;
  return {
    databaseUrl: databaseUrl ?? postgres?.url ?? '',
    redisUrl: redisUrl ?? redis?.url ?? '',
    processes: [
      { name: 'postgres', pid: postgres === null ? null : findChild(`-p ${postgres.port}`) },
      { name: 'redis', pid: redis === null ? null : findChild(`:${redis.port}`) },
    ],
    async stop() {
      await postgres?.stop();
      await redis?.stop();
    },
  };
}
