import { randomUUID } from 'node:crypto';
import { openPageCache, type PageCache } from '@dms/broker';
import { checkLeaks, describeWith, eventually, freePort, infrastructure, useRedis } from '@dms/test-kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createMemoryPageCache } from '../src/page-cache.ts';
import { durationMs } from './use-brokers.ts';

const KEEP_MS = 60_000;
const opened: PageCache[] = [];
const openAt = (url: string): PageCache => {
  const cache = openPageCache(url, { prefix: `test:${randomUUID()}:` });
  opened.push(cache);
  return cache;
};
afterEach(async () => {
  await Promise.all(opened.splice(0).map((cache) => cache.close()));
});
// Only now, so that it looks after they are closed.
checkLeaks();

const untilKept = (cache: PageCache, key: string, value: string): Promise<void> =>
  eventually(async () => {
    cache.set(key, value, KEEP_MS);
    expect(await cache.get(key)).toBe(value);
  });

/** What both twins promise. */
function describePageCache(name: string, url: () => string): void {
  describe(`${name} page cache`, () => {
    it('gives back what was kept under the very key, until the time is over', async () => {
      const cache = openAt(url());
      await untilKept(cache, 'a', 'ä "page" 𝄞');
      expect(await cache.get('b')).toBeNull();
      cache.set('a', 'short', 1);
      await eventually(async () => expect(await cache.get('a')).toBeNull());
    });
  });
}

describePageCache('memory', () => 'memory:');

it('the one in memory drops the oldest beyond its bound (I9)', async () => {
  const cache = createMemoryPageCache();
  for (let index = 0; index < 10; index += 1) cache.set(String(index), 'x'.repeat(1_000_000), KEEP_MS);
  const kept = await Promise.all(['0', '1', '2', '9'].map((key) => cache.get(key)));
  expect(kept.map((value) => value?.length ?? null)).toEqual([null, null, 1_000_000, 1_000_000]);
});

describeWith(infrastructure.redisProcess, 'Redis', () => {
  const redis = useRedis();
  describePageCache('Redis', () => redis().url);

  afterEach(() => redis().resume());

  it('is shared by whoever asks for the same key', async () => {
    const prefix = `test:${randomUUID()}:`;
    const [one, other] = [openPageCache(redis().url, { prefix }), openPageCache(redis().url, { prefix })];
    opened.push(one, other);
    await untilKept(one, 'a', '1');
    await eventually(async () => expect(await other.get('a')).toBe('1'));
  });

  it('nobody waits for one that is frozen', async () => {
    const cache = openAt(redis().url);
    await untilKept(cache, 'a', '1');
    redis().pause();
    const waitedMs = await durationMs(async () => expect(await cache.get('a')).toBeNull());
    expect(waitedMs).toBeLessThan(1_000);
  });
});

it('one that was never there is no cache', async () => {
  const cache = openAt(`redis://127.0.0.1:${await freePort()}`);
  cache.set('a', '1', KEEP_MS);
  expect(await cache.get('a')).toBeNull();
});
