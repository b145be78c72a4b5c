export interface BackoffLimits {
  /** Ceiling of the first pause. */
  readonly firstMs: number;
  /** Ceiling of every later one. */
  readonly maxMs: number;
}

export const DEFAULT_BACKOFF: BackoffLimits = { firstMs: 500, maxMs: 20_000 };

/** Full jitter: anything from 0 to a ceiling that doubles with each failure, so that the clients of a server that fell over
 *  do not come back all at once. `failures` counts from 0; `random` is in [0, 1).
 *  https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
export function backoffMs(failures: number, random: number, limits: BackoffLimits = DEFAULT_BACKOFF): number {
  return Math.round(random * Math.min(limits.maxMs, limits.firstMs * 2 ** failures));
}
