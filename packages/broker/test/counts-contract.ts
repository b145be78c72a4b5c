import type { PlaceCaps, SharedCounts } from '@dms/broker';
import { afterEach, describe, expect, it } from '@jest/globals';

export const NO_CAPS: PlaceCaps = { perAddress: 0, total: 0, perReplica: 0 };

const refused = (reason: string) => ({ ok: false, reason });

/** How many of `count` takes at the same moment were granted. */
export async function takeAtOnce(counts: SharedCounts, count: number, address = '203.0.113.1'): Promise<number> {
  const answers = await Promise.all(Array.from({ length: count }, () => counts.takePlace(address)));
  return answers.filter(({ ok }) => ok).length;
}

/** What both twins promise. `open` gives counts that are ready and that nobody else counts with. */
export function describeCountsContract(name: string, open: (caps: PlaceCaps) => Promise<SharedCounts>): void {
  describe(`${name} counts`, () => {
    const opened: SharedCounts[] = [];
    const openOne = async (caps: Partial<PlaceCaps> = {}): Promise<SharedCounts> => {
      const counts = await open({ ...NO_CAPS, ...caps });
      opened.push(counts);
      return counts;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((counts) => counts.close()));
    });

    it('I9: gives out exactly as many places as a cap allows, however many ask at once', async () => {
      const counts = await openOne({ perAddress: 5, total: 8 });
      expect(await takeAtOnce(counts, 50, '203.0.113.1')).toBe(5);
      expect(await takeAtOnce(counts, 50, '203.0.113.2')).toBe(3);
      expect(await counts.takePlace('203.0.113.1')).toEqual(refused('per-address'));
      expect(await counts.takePlace('203.0.113.3')).toEqual(refused('total'));
      expect(counts.addresses).toBe(2);
    });

    it('gives a place that was given back to the next one, and forgets addresses without places', async () => {
      const counts = await openOne({ total: 1 });
      for (let round = 0; round < 20; round += 1) {
        const address = `203.0.113.${round}`;
        expect(await counts.takePlace(address)).toEqual({ ok: true });
        expect(await counts.takePlace('198.51.100.1')).toEqual(refused('total'));
        counts.givePlace(address);
        await givenBack(counts);
      }
      expect(counts.addresses).toBe(0);
    });

    it('names the cap of the replica, when it alone is full', async () => {
      const counts = await openOne({ perAddress: 9, total: 9, perReplica: 2 });
      expect(await takeAtOnce(counts, 5)).toBe(2);
      expect(await counts.takePlace('203.0.113.2')).toEqual(refused('replica-full'));
    });

    it('has no cap at 0', async () => {
      const counts = await openOne();
      expect(await takeAtOnce(counts, 200)).toBe(200);
    });

    it('counts the hits of each key in windows that begin with the first and end', async () => {
      const counts = await openOne();
      const windowMs = 300;
      const first = await counts.hit('a', windowMs);
      expect(first.hits).toBe(1);
      expect(first.resetMs).toBeGreaterThan(0);
      expect(first.resetMs).toBeLessThanOrEqual(windowMs);
      const long = await Promise.all(Array.from({ length: 20 }, () => counts.hit('b', 60_000)));
      expect(long.map(({ hits }) => hits).sort((one, two) => one - two)).toEqual(
        Array.from({ length: 20 }, (_, index) => index + 1),
      );
      // Asking is what tells; each answer says how long it is still worth asking.
      let hits = 1;
      const deadlineMs = performance.now() + 5_000;
      while (hits > 0 && performance.now() < deadlineMs) {
        const next = await counts.hit('a', windowMs);
        if (next.hits === 1) hits = 0;
      }
      expect(hits).toBe(0);
    });

    it('takes reports and hears none while nobody else is there', async () => {
      const counts = await openOne();
      counts.report('{"connections":1}');
      expect(await counts.readReports()).toEqual([]);
    });

    it('counts for itself after close', async () => {
      const counts = await openOne({ total: 1 });
      await counts.close();
      expect(counts.isShared).toBe(false);
      expect(await takeAtOnce(counts, 3)).toBe(1);
      expect((await counts.hit('a', 1_000)).hits).toBe(1);
      expect(await counts.readReports()).toEqual([]);
    });
  });
}

/** Gifts are sent together once the loop comes round; a command behind them proves that they arrived. */
export async function givenBack(counts: SharedCounts): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await counts.readReports();
}
