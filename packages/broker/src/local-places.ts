import type { PlaceCaps, PlaceRefusal } from './shared-counts.ts';

/** The places that one process gave out. */
export interface LocalPlaces {
  readonly total: number;
  readonly byAddress: ReadonlyMap<string, number>;
  /** Which cap one more would exceed, judged by this process alone; null = none. */
  refusal(address: string): PlaceRefusal | null;
  add(address: string): void;
  remove(address: string): void;
}

export function createLocalPlaces(caps: PlaceCaps): LocalPlaces {
  const byAddress = new Map<string, number>();
  let total = 0;
  const isReached = (cap: number, held: number): boolean => cap > 0 && held >= cap;
  return {
    get total() {
      return total;
    },
    byAddress,
    refusal(address) {
      if (isReached(caps.perAddress, byAddress.get(address) ?? 0)) return 'per-address';
      if (isReached(caps.total, total)) return 'total';
      return isReached(caps.perReplica, total) ? 'replica-full' : null;
    },
    add(address) {
      total += 1;
      byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
    },
    remove(address) {
      const held = byAddress.get(address);
      if (held === undefined) return;
      total -= 1;
      // An entry per address ever seen would grow for ever.
      if (held === 1) byAddress.delete(address);
      else byAddress.set(address, held - 1);
    },
  };
}
