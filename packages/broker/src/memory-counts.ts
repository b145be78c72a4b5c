import { createLocalPlaces } from './local-places.ts';
import { createLocalWindows } from './local-windows.ts';
import type { PlaceCaps, SharedCounts } from './shared-counts.ts';

/** The counts of a process that is alone. */
export function createMemoryCounts(replicaId: string, caps: PlaceCaps): SharedCounts {
  const places = createLocalPlaces(caps);
  const windows = createLocalWindows();
  return {
    replicaId,
    isShared: false,
    get addresses() {
      return places.byAddress.size;
    },
    async takePlace(address) {
      const reason = places.refusal(address);
      if (reason !== null) return { ok: false, reason };
      places.add(address);
      return { ok: true };
    },
    givePlace: places.remove,
    hit: async (key, windowMs) => windows.hit(key, windowMs, performance.now()),
    report() {},
    readReports: async () => [],
    async close() {},
  };
}
