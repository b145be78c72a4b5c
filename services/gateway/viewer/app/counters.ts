/** What a reader of the whole stream can see of its promises by itself. All but `events` stay at 0. */
export interface StreamCounts {
  readonly events: number;
  /** Numbers that were left out. */
  readonly gaps: number;
  readonly duplicates: number;
  readonly reorders: number;
}

export interface StreamCounter {
  readonly counts: StreamCounts;
  /** `seq` of the next event handed over. */
  count(seq: number): void;
  /** The history was read anew: counting goes on after `seq`. */
  startAfter(seq: number): void;
}

const MAX_REMEMBERED = 10_000;

/** Judges the numbers alone and asks nobody, so that it would notice what the client library did not. */
export function createStreamCounter(): StreamCounter {
  let counts: StreamCounts = { events: 0, gaps: 0, duplicates: 0, reorders: 0 };
  let last: number | null = null;
  const seen = new Set<number>();

  return {
    get counts() {
      return counts;
    },
    count(seq) {
      const { events, gaps, duplicates, reorders } = counts;
      const isAhead = last === null || seq > last;
      counts = {
        events: events + 1,
        gaps: gaps + (last !== null && isAhead ? seq - last - 1 : 0),
        duplicates: duplicates + Number(seen.has(seq)),
        reorders: reorders + Number(!isAhead && !seen.has(seq)),
      };
      seen.add(seq);
      if (seen.size > MAX_REMEMBERED) seen.delete(seen.values().next().value ?? seq);
      if (isAhead) last = seq;
    },
    startAfter(seq) {
      last = seq;
      seen.clear();
    },
  };
}
