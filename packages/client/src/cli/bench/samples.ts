const MAX_SAMPLES = 100_000;

/** Times in milliseconds. Beyond 100,000 a fair sample of them is kept. */
export interface Samples {
  add(ms: number): void;
  /** Null when there are none. `share` from 0 to 1. */
  quantile(share: number): number | null;
}

export function createSamples(random: () => number = Math.random): Samples {
  const kept: number[] = [];
  let seen = 0;
  return {
    add(ms) {
      seen += 1;
      if (kept.length < MAX_SAMPLES) kept.push(ms);
      else {
        const place = Math.floor(random() * seen);
        if (place < MAX_SAMPLES) kept[place] = ms;
      }
    },
    quantile(share) {
      if (kept.length === 0) return null;
      const sorted = Float64Array.from(kept).sort();
      return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
    },
  };
}
