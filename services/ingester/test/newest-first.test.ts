import { seededRandom } from '@dms/test-kit';
import { expect, it } from '@jest/globals';
import { createNewestFirst } from '../src/newest-first.ts';

it('gives back the newest of what is in it, whatever the order of coming and going', () => {
  const random = seededRandom(7);
  const queue = createNewestFirst<number>();
  const inIt: number[] = [];
  for (let step = 0; step < 2_000; step += 1) {
    if (random.next() < 0.6) {
      const timeMs = random.integer(0, 50);
      queue.put(timeMs, timeMs);
      inIt.push(timeMs);
    } else {
      inIt.sort((a, b) => a - b);
      expect(queue.take()).toBe(inIt.pop());
    }
    expect(queue.size).toBe(inIt.length);
  }
  queue.put(1, Number.POSITIVE_INFINITY);
  expect(queue.take()).toBe(1);
});

it('is empty when nothing is left', () => {
  const queue = createNewestFirst<string>();
  expect(queue.take()).toBeUndefined();
  queue.put('a', 1);
  expect([queue.take(), queue.take()]).toEqual(['a', undefined]);
});
