import {
  describeWith,
  eventually,
  infrastructure,
  startRedis,
  startRedisSentinel,
  usePostgres,
  useRedis,
  useRedisCluster,
} from '@dms/test-kit';
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

  it('frozen, does not answer a client that is connected already; thawed, it answers', async () => {
    const client = new pg.Client({ connectionString: await postgres().createDatabase() });
    await client.connect();
    await postgres().freeze();
    let isAnswered = false;
    const answer = client.query('SELECT 1').then(() => {
      isAnswered = true;
    });
    await expect(eventually(() => expect(isAnswered).toBe(true), { timeoutMs: 300 })).rejects.toThrow(/still failing/);
    postgres().thaw();
    await answer;
    await client.end();
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

describeWith(infrastructure.redisProcess, 'startRedisSentinel', () => {
  it('has a master that replicates, sentinels that name it, passwords, and is gone after stop', async () => {
    const sentinel = await startRedisSentinel({ password: 'server-word', sentinelPassword: 'sentinel-word' });
    const [first, second] = sentinel.servers;
    expect(await sentinel.master()).toBe(first);
    expect(sentinel.url).toMatch(/^redis-sentinel:\/\/:server-word@.*\/mymaster\?sentinelPassword=sentinel-word$/);
    await first?.command('SET', 'name', 'value');
    await eventually(async () => expect(await second?.command('GET', 'name')).toBe('value'));
    await sentinel.stop();
    for (const process of [...sentinel.servers, ...sentinel.sentinels]) {
      await expect(process.command('PING')).rejects.toThrow(/ECONNREFUSED/);
    }
  });
});

describeWith(infrastructure.redisProcess, 'startRedisCluster', () => {
  const cluster = useRedisCluster({ replicas: 1 });

  it('is one cluster of three masters and a replica, in which each node knows all slots', async () => {
    for (const node of cluster().nodes) {
      const info = await node.command('CLUSTER', 'INFO');
      expect(info).toMatch(/cluster_state:ok.*cluster_slots_ok:16384.*cluster_known_nodes:4.*cluster_size:3/s);
    }
    const roles = await Promise.all(cluster().nodes.map((node) => node.command('ROLE')));
    expect(roles.map((role) => role.split('\n')[0])).toEqual(['master', 'master', 'master', 'slave']);
  });
});
