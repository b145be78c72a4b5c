/** How long the newest commits took, from the statement's start to its answer. */
export interface CommitTimes {
  note(ms: number): void;
  /** Seconds by quantile (`0.5`, `0.99`, `1`); empty before the first commit. */
  quantiles(): Readonly<Record<string, number>>;
}

const KEPT = 100;
const QUANTILES = [0.5, 0.99, 1] as const;

/** Of the newest 100 commits. */
export function createCommitTimes(): CommitTimes {
  const times: number[] = [];
  return {
    note(ms) {
      times.push(ms);
      if (times.length > KEPT) times.shift();
    },
    quantiles() {
      const sorted = times.toSorted((a, b) => a - b);
      const at = (quantile: number): number => (sorted[Math.ceil(quantile * sorted.length) - 1] ?? 0) / 1_000;
      return sorted.length === 0
        ? {}
        : Object.fromEntries(QUANTILES.map((quantile) => [String(quantile), at(quantile)]));
    },
  };
}
