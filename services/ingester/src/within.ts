import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when `work` settles either way, at the latest after `timeoutMs`; late work goes on unobserved. Leaves no timer. */
export async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const settled = new AbortController();
  const late = sleep(timeoutMs, undefined, { signal: settled.signal }).catch(() => undefined);
  await Promise.race([work.catch(() => undefined), late]);
  settled.abort();
}
