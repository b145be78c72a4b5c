import { startPostgres, startRedis } from '@dms/test-kit/servers';
import type { Ground } from './contestants.ts';

/** A PostgreSQL and a Redis for all contestants. Without fsync: how fast messages become durable is another benchmark. */
export async function withGround<T>(use: (ground: Ground) => Promise<T>): Promise<T> {
  const postgres = await startPostgres({ fsync: false });
  const redis = await startRedis();
  try {
    return await use({ postgres, redis });
  } finally {
    await redis.stop();
    await postgres.stop();
  }
}
