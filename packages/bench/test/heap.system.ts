import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeWith, infrastructure, startPostgres, startRedis, temporaryDirectory } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { baseEnvironment } from '../src/child.ts';
import { runHeap } from '../src/heap-run.ts';
import { writeScriptParts } from '../src/script-file.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Each message by somebody new: whatever is kept by author, by message or by both would grow with every one. */
const MESSAGES = 80_000;
/** Full by then: the members and the states that the ingester remembers. */
const SETTLED_AFTER = 30_000;
/** An entry of a map takes about 100, measured by adding one. */
const MAX_BYTES_PER_MESSAGE = 60;
const SAMPLE_EVERY = 2_000;
const SCRIPT_WAIT_MS = 3_000;

describeWith(infrastructure.postgres, 'the ingester', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    postgres = await startPostgres({ fsync: false });
    redis = await startRedis();
  }, 60_000);
  afterAll(async () => {
    await redis.stop();
    await postgres.stop();
  });

  it('I9: holds no more after 80,000 messages of as many authors than after 30,000', async () => {
    const script = join(await temporaryDirectory(), 'heap.ndjson');
    await writeScriptParts(script, [{ waitMs: SCRIPT_WAIT_MS, messages: MESSAGES }], { authors: MESSAGES });
    const workshop = { root: ROOT, build: 'source', env: baseEnvironment(process.env) } as const;
    const plan = { script, messages: MESSAGES, settledAfter: SETTLED_AFTER, sampleEvery: SAMPLE_EVERY, say: () => {} };
    const servers = { databaseUrl: await postgres.createDatabase(), redisUrl: redis.url };
    const { samples, bytesPerMessage } = await runHeap(workshop, { ...plan, ...servers });

    expect(samples).toHaveLength(MESSAGES / SAMPLE_EVERY);
    expect(bytesPerMessage).toBeLessThan(MAX_BYTES_PER_MESSAGE);
  }, 240_000);
});
