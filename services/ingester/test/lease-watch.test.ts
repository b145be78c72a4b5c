import { expect, it } from '@jest/globals';
import { watchLease } from '../src/lease-watch.ts';

const writer = {
  ...{ term: 1, precedingTerm: 0, acquiredSeq: 0 },
  append: async () => ({ events: [], dropped: { same: 0, stale: 0, deleted: 0, incomplete: 0 }, deadLettered: 0 }),
  renew: async () => {},
  release: async () => {},
};
const { signal } = new AbortController();

const timed = async (task: Promise<void>): Promise<number> => {
  const startedMs = performance.now();
  await task;
  return performance.now() - startedMs;
};

it('does not keep the leader waiting, and everybody else no longer than told', async () => {
  const lease = watchLease({ acquire: async (holder) => (holder === 'the leader' ? writer : null) });
  expect(await lease.acquire('somebody else')).toBeNull();
  expect(await timed(lease.untilHeld(300, signal))).toBeGreaterThan(290);
  await lease.acquire('the leader');
  expect(await timed(lease.untilHeld(60_000, signal))).toBeLessThan(100);
});

it('ends the wait when the lease is granted, or when aborted', async () => {
  const lease = watchLease({ acquire: async () => writer });
  const aborting = new AbortController();
  const aborted = lease.untilHeld(60_000, aborting.signal);
  aborting.abort();
  await aborted;
  const waiting = lease.untilHeld(60_000, signal);
  await lease.acquire('the leader');
  await waiting;
});
