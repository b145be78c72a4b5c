import { describeWith, eventually, infrastructure, startRedis, usePostgres, useRedis } from '@dms/test-kit';
import { afterEach, expect, it } from '@jest/globals';
import pg from 'pg';

async function queryOne(url: string, statement: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows[0];
  } finally {
    await client.end();
  }
}

describeWith(infrastructure.postgresProcess, 'startPostgres', () => {
  const postgres = usePostgres({ mustBeOwn: true, settings: { max_connections: '20' } });

  it('gives each test an empty database of its own, with fsync and UTC as in production', async () => {
    const [first, second] = await Promise.all([postgres().createDatabase(), postgres().createDatabase()]);
    await queryOne(first, 'CREATE TABLE only_here (id int)');
    expect(await queryOne(second, "SELECT to_regclass('only_here') AS found")).toEqual({ found: null });
    expect(
      await queryOne(second, "SELECT current_setting('fsync') AS fsync, current_setting('TimeZone') AS zone"),
    ).toEqual({
      fsync: 'on',
      zone: 'UTC',
    });
  });

  it('keeps its data and its port across a crash', async () => {
    const database = await postgres().createDatabase();
    await queryOne(database, 'CREATE TABLE kept AS SELECT 7 AS value');
    await postgres().kill('SIGKILL');
    await expect(queryOne(database, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED|terminat/);
    await postgres().restart();
    expect(await queryOne(database, 'SELECT value FROM kept')).toEqual({ value: 7 });
  });
});

describeWith(infrastructure.redisProcess, 'startRedis', () => {
  const redis = useRedis();
  afterEach(() => redis().resume());

  it('answers commands and comes back empty from a restart', async () => {
    expect(await redis().command('SET', 'name', Buffer.from('value'))).toBe('OK');
    expect(await redis().command('GET', 'name')).toBe('value');
    const pidBefore = redis().pid;
    await redis().restart();
    expect(redis().pid).not.toBe(pidBefore);
    expect(await redis().command('DBSIZE')).toBe('0');
    await expect(redis().command('NOSUCH')).rejects.toThrow(/unknown command/);
  });

  it('answers nothing while paused', async () => {
    redis().pause();
    let isAnswered = false;
    const answer = redis()
      .command('PING')
      .then((text) => {
        isAnswered = true;
        return text;
      });
    await expect(eventually(() => expect(isAnswered).toBe(true), { timeoutMs: 100 })).rejects.toThrow(/still failing/);
    redis().resume();
    expect(await answer).toBe('PONG');
  });

  it('is gone after stop, and a stopped server refuses connections', async () => {
    const own = await startRedis();
    await own.stop();
    await expect(own.command('PING')).rejects.toThrow(/ECONNREFUSED/);
  });
});
