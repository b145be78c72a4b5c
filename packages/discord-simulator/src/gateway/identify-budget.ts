/** What `GET /gateway/bot` says of the IDENTIFYs left to a token. */
export interface SessionStartLimit {
  readonly total: number;
  readonly remaining: number;
  /** Milliseconds until `remaining` is `total` again. */
  readonly reset_after: number;
  readonly max_concurrency: number;
}

/** How an IDENTIFY is judged: `too_soon` is answered with op 9, `exhausted` costs the token, as Discord resets it. */
export type IdentifyVerdict = 'accepted' | 'too_soon' | 'exhausted';

/** Counts the IDENTIFYs of each token. */
export interface IdentifyBudget {
  readonly limitOf: (token: string) => SessionStartLimit;
  readonly spend: (token: string, shardId: number) => IdentifyVerdict;
}

export interface IdentifyBudgetOptions {
  readonly total: number;
  readonly maxConcurrency: number;
  /** Least time between two IDENTIFYs of one `shard_id % max_concurrency`; 0 allows any pace. */
  readonly intervalMs: number;
}

const DAY_MS = 24 * 3_600_000;

/** Keeps the budgets of a day from a token's first IDENTIFY on. */
export function createIdentifyBudget(options: IdentifyBudgetOptions, now: () => number = Date.now): IdentifyBudget {
  const days = new Map<string, { spent: number; endsAtMs: number; lastOfKey: Map<number, number> }>();
  const dayOf = (token: string) => {
    const known = days.get(token);
    if (known !== undefined && known.endsAtMs > now()) return known;
    const day = { spent: 0, endsAtMs: now() + DAY_MS, lastOfKey: known?.lastOfKey ?? new Map<number, number>() };
    days.set(token, day);
    return day;
  };
  return {
    limitOf: (token) => {
      const day = dayOf(token);
      return {
        total: options.total,
        remaining: Math.max(0, options.total - day.spent),
        reset_after: Math.max(0, day.endsAtMs - now()),
        max_concurrency: options.maxConcurrency,
      };
    },
    spend: (token, shardId) => {
      const day = dayOf(token);
      if (day.spent >= options.total) return 'exhausted';
      day.spent += 1;
      const key = shardId % options.maxConcurrency;
      const last = day.lastOfKey.get(key);
      if (last !== undefined && now() - last < options.intervalMs) return 'too_soon';
      day.lastOfKey.set(key, now());
      return 'accepted';
    },
  };
}
