import { checkLeaks } from '@dms/test-kit';
import { expect, it } from '@jest/globals';
import { createRequestPace } from '../src/request-pace.ts';

checkLeaks();

const { signal } = new AbortController();
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
};

it('lets requests go at once until there is a pace, and then one after the other', async () => {
  const pace = createRequestPace();
  await Promise.all(Array.from({ length: 1_000 }, () => pace.wait(signal)));
  pace.keep(100);
  const order: number[] = [];
  const numbers = Array.from({ length: 30 }, (_, index) => index);
  const ms = await timed(() => Promise.all(numbers.map((n) => pace.wait(signal).then(() => void order.push(n)))));
  expect(order).toEqual(numbers);
  // A tenth of a second is made up for.
  expect(ms).toBeGreaterThanOrEqual(180);
});

it('pauses them all, and ends with who asked', async () => {
  const pace = createRequestPace();
  pace.keep(1_000);
  pace.pause(50);
  expect(await timed(() => pace.wait(signal))).toBeGreaterThanOrEqual(48);
  pace.pause(60_000);
  const asking = new AbortController();
  const waiting = pace.wait(asking.signal);
  asking.abort();
  await expect(waiting).rejects.toThrow();
});
