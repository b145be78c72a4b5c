import {
  describeWith,
  eventually,
  followStream,
  type PostgresServer,
  type RedisServer,
  startPostgres,
  startRedis,
} from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { z } from 'zod';
import { clusterNeeds } from './support/deployment.ts';
import {
  endPrograms,
  exitCodeOf,
  outputOf,
  runProgram,
  START_TIMEOUT_MS,
  stackLinesOf,
  TOKEN,
} from './support/programs.ts';
import { startSimulator } from './support/simulator.ts';

const healthSchema = z.object({ status: z.string(), checks: z.record(z.string(), z.object({ status: z.string() })) });

describeWith(clusterNeeds, 'services whose database and Redis are not there yet', () => {
  let postgres: PostgresServer;
  let redis: RedisServer;
  let databaseUrl: string;

  beforeAll(async () => {
    postgres = await startPostgres({ mustBeOwn: true, fsync: false });
    redis = await startRedis();
    databaseUrl = await postgres.createDatabase();
    await exitCodeOf(await runProgram('migrate', { DATABASE_URL: databaseUrl }));
  }, 60_000);

  afterAll(async () => {
    await endPrograms();
    await redis?.stop();
    await postgres?.stop();
  }, 60_000);

  it('I7: say what they wait for, work as soon as the database is there, and need Redis for nothing but speed', async () => {
    await postgres.kill('SIGINT');
    await redis.kill();
    const simulator = await startSimulator({ rate: 20 });
    const backing = { DATABASE_URL: databaseUrl, REDIS_URL: redis.url };
    const gateway = await runProgram('gateway', { ...backing, PORT: '0' });
    const ingester = await runProgram('ingester', {
      ...backing,
      DISCORD_TOKEN: TOKEN,
      DISCORD_API_URL: simulator.apiUrl,
    });
    for (const program of [gateway, ingester]) {
      await program.waitForLine(/waiting for database .*reason=/, START_TIMEOUT_MS);
    }

    await postgres.restart();
    const listening = await gateway.waitForLine(/listening port=\d+/, START_TIMEOUT_MS);
    const base = `http://127.0.0.1:${/port=(\d+)/.exec(listening)?.[1]}`;
    const health = async () => healthSchema.parse(await (await fetch(`${base}/health`)).json());
    const reader = followStream([`${base.replace('http', 'ws')}/ws`], { since: 'all' });
    await reader.waitForEvents(20, START_TIMEOUT_MS);
    await eventually(async () =>
      expect(await health()).toMatchObject({ status: 'degraded', checks: { redis: { status: 'down' } } }),
    );
    expect((await fetch(`${base}/health/ready`)).status).toBe(200);

    await redis.restart();
    await eventually(async () => expect(await health()).toMatchObject({ status: 'ok' }), { timeoutMs: 20_000 });
    expect(reader).toMatchObject({ violations: [], resets: [] });
    await reader.stop();
    for (const program of [gateway, ingester]) {
      expect(stackLinesOf(program)).toEqual([]);
      // One line when the wait begins, not one per try.
      expect(outputOf(program).match(/waiting for database/g)?.length).toBeLessThanOrEqual(3);
      expect(program.hasExited).toBe(false);
    }
  }, 120_000);

  it('an unmigrated database is named as such', async () => {
    const gateway = await runProgram('gateway', {
      DATABASE_URL: await postgres.createDatabase(),
      REDIS_URL: redis.url,
      PORT: '0',
    });
    expect(await gateway.waitForLine(/waiting for database/, START_TIMEOUT_MS)).toMatch(/migrate/);
    expect(stackLinesOf(gateway)).toEqual([]);
  }, 60_000);
});
