import { eventually } from '@dms/test-kit';
import { expect, it } from '@jest/globals';

it('returns the first value that comes without an error', async () => {
  let tries = 0;
  const value = await eventually(
    () => {
      tries += 1;
      if (tries < 3) throw new Error('too early');
      return tries;
    },
    { intervalMs: 1 },
  );
  expect(value).toBe(3);
});

it('rejects at the deadline with the last failure and the number of tries', async () => {
  const failing = eventually(() => Promise.reject(new Error('still red')), { timeoutMs: 30, intervalMs: 5 });
  await expect(failing).rejects.toThrow(/still failing after 30 ms \(\d+ tries\): still red/);
});

it('rejects at the deadline when the assertion itself never settles', async () => {
  await expect(eventually(() => new Promise(() => {}), { timeoutMs: 30 })).rejects.toThrow(/did not settle/);
});
