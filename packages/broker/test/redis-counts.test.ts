import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openSharedCounts, type PlaceCaps, type SharedCounts } from '@dms/broker';
import {
  checkLeaks,
  describeWith,
  eventually,
  infrastructure,
  startFaultProxy,
  useRedis,
  useRedisCluster,
  useRedisSentinel,
} from '@dms/test-kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { describeCountsContract, givenBack, NO_CAPS, takeAtOnce } from './counts-contract.ts';

/** Closed after the test, however it ends: one that goes on connecting keeps Jest alive. */
const opened: SharedCounts[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((counts) => counts.close()));
});

checkLeaks();

/** Short, so that the tests need not wait long for a dead replica; still ten renewals of a busy machine. */
const LEASE_MS = 2_000;

interface Place {
  readonly url: string;
  readonly namespace: string;
}

const fresh = (url: string): Place => ({ url, namespace: `test:${randomUUID()}` });

async function openReady({ url, namespace }: Place, caps: Partial<PlaceCaps> = {}): Promise<SharedCounts> {
  const counts = openSharedCounts(url, {
    replicaId: randomUUID(),
    caps: { ...NO_CAPS, ...caps },
    namespace,
    leaseMs: LEASE_MS,
  });
  opened.push(counts);
  await eventually(() => expect(counts.isShared).toBe(true), { timeoutMs: 20_000 });
  return counts;
}

describeWith(infrastructure.redisProcess, 'Redis', () => {
  const redis = useRedis();
  describeCountsContract('Redis', (caps) => openReady(fresh(redis().url), caps));

  describe('replicas that count together', () => {
    afterEach(() => redis().resume());

    it('I9: never give out more places than one cap allows, although all are asked at once', async () => {
      const place = fresh(redis().url);
      const caps = { perAddress: 20, total: 50 };
      const replicas = await Promise.all(Array.from({ length: 4 }, () => openReady(place, caps)));
      const ofOne = await Promise.all(replicas.map((counts) => takeAtOnce(counts, 30, '203.0.113.1')));
      expect(ofOne.reduce((sum, granted) => sum + granted, 0)).toBe(20);
      const ofAll = await Promise.all(
        replicas.map((counts, index) => takeAtOnce(counts, 20, `203.0.113.${index + 2}`)),
      );
      expect(ofAll.reduce((sum, granted) => sum + granted, 0)).toBe(30);
      for (const [index, granted] of ofOne.entries()) {
        if (granted > 0) replicas[index]?.givePlace('203.0.113.1');
      }
      const free = ofOne.filter((granted) => granted > 0).length;
      await Promise.all(replicas.map(givenBack));
      const again = await Promise.all(replicas.map((counts) => takeAtOnce(counts, 30, '198.51.100.7')));
      expect(again.reduce((sum, granted) => sum + granted, 0)).toBe(free);
    });

    it('count hits together', async () => {
      const place = fresh(redis().url);
      const replicas = await Promise.all([openReady(place), openReady(place)]);
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, index) => replicas[index % 2]?.hit('requests:203.0.113.1', 60_000)),
      );
      expect(Math.max(...answers.map((answer) => answer?.hits ?? 0))).toBe(30);
    });

    it('read what the others report, and of each its latest', async () => {
      const place = fresh(redis().url);
      const [one, two] = await Promise.all([openReady(place), openReady(place)]);
      one.report('1');
      two.report('2');
      await eventually(async () => {
        expect(await one.readReports()).toEqual([{ replicaId: two.replicaId, text: '2' }]);
        expect(await two.readReports()).toEqual([{ replicaId: one.replicaId, text: '1' }]);
      });
      await two.close();
      expect(await one.readReports()).toEqual([]);
    });

    it('I9: forget one that died without a word when its lease ends, and not before', async () => {
      const place = fresh(redis().url);
      const proxy = await startFaultProxy({ host: '127.0.0.1', port: redis().port });
      const caps = { total: 3 };
      const survivor = await openReady(place, caps);
      const dead = await openReady({ ...place, url: `redis://127.0.0.1:${proxy.port}` }, caps);
      dead.report('1');
      expect(await takeAtOnce(dead, 3)).toBe(3);
      await eventually(async () => expect(await survivor.readReports()).toHaveLength(1));
      await proxy.close();
      expect(await survivor.takePlace('203.0.113.9')).toEqual({ ok: false, reason: 'total' });
      await eventually(async () => expect((await survivor.takePlace('203.0.113.9')).ok).toBe(true), {
        timeoutMs: 4 * LEASE_MS,
      });
      expect(await survivor.readReports()).toEqual([]);
    });

    it('I9: count alone while Redis is dead, each exactly, and together again once it is back', async () => {
      const place = fresh(redis().url);
      const caps = { total: 4 };
      const [one, two] = await Promise.all([openReady(place, caps), openReady(place, caps)]);
      expect(await takeAtOnce(one, 2)).toBe(2);
      await redis().kill('SIGKILL');
      await eventually(() => expect([one.isShared, two.isShared]).toEqual([false, false]));
      expect(await takeAtOnce(one, 9)).toBe(2);
      expect(await takeAtOnce(two, 9)).toBe(4);
      await redis().restart();
      // What was given out meanwhile is known there again, so nobody gets another.
      await eventually(() => expect([one.isShared, two.isShared]).toEqual([true, true]), { timeoutMs: 10_000 });
      for (let left = 0; left < 4; left += 1) two.givePlace('203.0.113.1');
      await givenBack(two);
      expect(await takeAtOnce(two, 5)).toBe(0);
      one.givePlace('203.0.113.1');
      await givenBack(one);
      expect(await takeAtOnce(two, 5)).toBe(1);
    });

    it('I9: a frozen Redis delays those who ask at that moment by about a second, and nobody after them', async () => {
      const counts = await openReady(fresh(redis().url), { total: 5 });
      redis().pause();
      const startedMs = performance.now();
      const [granted, hit] = await Promise.all([takeAtOnce(counts, 10), counts.hit('a', 60_000)]);
      expect([granted, hit.hits]).toEqual([5, 1]);
      expect(performance.now() - startedMs).toBeLessThan(3_000);
      expect(counts.isShared).toBe(false);
      counts.givePlace('203.0.113.1');
      const againMs = performance.now();
      expect(await takeAtOnce(counts, 10)).toBe(1);
      expect(performance.now() - againMs).toBeLessThan(500);
    });

    it('write everything anew when Redis was wiped', async () => {
      const place = fresh(redis().url);
      const [one, two] = await Promise.all([openReady(place, { total: 3 }), openReady(place, { total: 3 })]);
      expect(await takeAtOnce(one, 3)).toBe(3);
      await redis().flushAll();
      await eventually(async () => {
        const answer = await two.takePlace('203.0.113.5');
        if (answer.ok) two.givePlace('203.0.113.5');
        expect(answer).toEqual({ ok: false, reason: 'total' });
      });
    });

    it('leave nothing in Redis once they are closed', async () => {
      const place = fresh(redis().url);
      const counts = await openReady(place, { total: 3 });
      await takeAtOnce(counts, 3);
      await counts.close();
      expect(await redis().command('KEYS', `{${place.namespace}}*`)).toBe('');
    });

    it('count alone where the user may not run scripts, and let nobody wait for it', async () => {
      await redis().command(
        'ACL',
        'SETUSER',
        'hints',
        'on',
        '>secret',
        'resetkeys',
        '&*',
        '-@all',
        '+publish',
        '+ping',
      );
      const counts = openSharedCounts(`redis://hints:secret@127.0.0.1:${redis().port}`, {
        replicaId: 'hints',
        caps: { ...NO_CAPS, total: 2 },
      });
      opened.push(counts);
      expect(await takeAtOnce(counts, 5)).toBe(2);
      expect(counts.isShared).toBe(false);
    });

    it('need no more rights than OPERATIONS.md grants', async () => {
      const operations = readFileSync(new URL('../../../docs/OPERATIONS.md', import.meta.url), 'utf8');
      const [, command = ''] = /`(ACL SETUSER streamer [^`]+)`/.exec(operations) ?? [];
      await redis().command(...command.split(' '));
      const url = `redis://streamer:password@127.0.0.1:${redis().port}`;
      const counts = await openReady({ url, namespace: 'dms:counts' }, { total: 2 });
      expect(await takeAtOnce(counts, 5)).toBe(2);
      counts.givePlace('203.0.113.1');
      expect((await counts.hit('a', 1_000)).hits).toBe(1);
      expect(await counts.readReports()).toEqual([]);
      await givenBack(counts);
      await counts.close();
      expect(counts.isShared).toBe(false);
      expect(await redis().command('KEYS', '{dms:counts}:[lpr]*')).toBe('');
    });
  });
});

describeWith(infrastructure.redisProcess, 'Redis Sentinel', () => {
  const sentinel = useRedisSentinel();
  describeCountsContract('Redis Sentinel', (caps) => openReady(fresh(sentinel().url), caps));
});

describeWith(infrastructure.redisProcess, 'Redis Cluster', () => {
  const cluster = useRedisCluster({ replicas: 1 });
  describeCountsContract('Redis Cluster', (caps) => openReady(fresh(cluster().url), caps));

  it('I9: replicas that know different nodes count together, on the one that holds the slot', async () => {
    const namespace = `test:${randomUUID()}`;
    const replicas = await Promise.all(
      cluster().nodes.map(({ port }) =>
        openReady({ url: `redis-cluster://127.0.0.1:${port}`, namespace }, { total: 10 }),
      ),
    );
    const granted = await Promise.all(replicas.map((counts) => takeAtOnce(counts, 10)));
    expect(granted.reduce((sum, one) => sum + one, 0)).toBe(10);
  });
});
