import type { Ring } from '../../src/feed/ring.ts';

/** As if all older events had left it: then everything else is read from the database. */
export function keepNewestOnly(ring: Ring, newestSeq: number): void {
  const newest = ring.get(newestSeq);
  if (newest === undefined) throw new Error(`the ring does not hold ${newestSeq}`);
  ring.reset([newest], newestSeq + 1);
}
