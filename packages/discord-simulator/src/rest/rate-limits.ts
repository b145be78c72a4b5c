import { createHash } from 'node:crypto';

/** How many requests a route allows in how much time, per major parameter. */
export interface RouteLimit {
  readonly limit: number;
  readonly windowMs: number;
}

/** What the limiter says of one request: go, with headers to send along, or 429. */
export type RateVerdict =
  | { readonly kind: 'go'; readonly headers: Readonly<Record<string, string>> }
  | {
      readonly kind: 'limited';
      readonly headers: Readonly<Record<string, string>>;
      readonly retryAfterSeconds: number;
      readonly global: boolean;
    };

export interface RateLimiter {
  /** Counts a request. `route` is the template with its major parameter; `lies` makes the headers useless. */
  readonly spend: (token: string, route: string, template: string, limit: RouteLimit, lies: boolean) => RateVerdict;
}

const GLOBAL_LIMIT = 50;
const SECOND_MS = 1000;
/** Buckets nobody used for a while are dropped when there are more than these. */
const MAX_BUCKETS = 10_000;

interface Bucket {
  used: number;
  endsAtMs: number;
}

/** Discord's two limits: one bucket per route and major parameter, and 50 requests a second for a token as a whole. */
export function createRateLimiter(now: () => number = Date.now): RateLimiter {
  const buckets = new Map<string, Bucket>();
  const globals = new Map<string, Bucket>();

  const bucketOf = (all: Map<string, Bucket>, key: string, windowMs: number): Bucket => {
    const known = all.get(key);
    if (known !== undefined && known.endsAtMs > now()) return known;
    const fresh = { used: 0, endsAtMs: now() + windowMs };
    all.set(key, fresh);
    if (all.size > MAX_BUCKETS) forgetEnded(all, now());
    return fresh;
  };

  return {
    spend: (token, route, template, limit, lies) => {
      const whole = bucketOf(globals, token, SECOND_MS);
      if (whole.used >= GLOBAL_LIMIT) return limitedGlobally(whole.endsAtMs - now());
      whole.used += 1;
      const bucket = bucketOf(buckets, `${token} ${route}`, limit.windowMs);
      const leftMs = bucket.endsAtMs - now();
      if (bucket.used >= limit.limit) {
        return {
          kind: 'limited',
          headers: {
            ...bucketHeaders(template, limit.limit, 0, bucket.endsAtMs, leftMs),
            'retry-after': String(Math.ceil(leftMs / SECOND_MS)),
            'x-ratelimit-scope': 'user',
          },
          retryAfterSeconds: leftMs / SECOND_MS,
          global: false,
        };
      }
      bucket.used += 1;
      const headers = lies
        ? bucketHeaders(template, 1000, 999, bucket.endsAtMs, leftMs)
        : bucketHeaders(template, limit.limit, limit.limit - bucket.used, bucket.endsAtMs, leftMs);
      return { kind: 'go', headers };
    },
  };
}

/** The 429 of the limit that spans all routes. */
export function limitedGlobally(retryAfterMs: number): RateVerdict {
  return {
    kind: 'limited',
    headers: {
      'retry-after': String(Math.ceil(retryAfterMs / SECOND_MS)),
      'x-ratelimit-global': 'true',
      'x-ratelimit-scope': 'global',
    },
    retryAfterSeconds: retryAfterMs / SECOND_MS,
    global: true,
  };
}

function bucketHeaders(template: string, limit: number, remaining: number, endsAtMs: number, leftMs: number) {
  return {
    'x-ratelimit-bucket': createHash('md5').update(template).digest('hex'),
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': (endsAtMs / SECOND_MS).toFixed(3),
    'x-ratelimit-reset-after': (leftMs / SECOND_MS).toFixed(3),
  };
}

function forgetEnded(all: Map<string, Bucket>, nowMs: number): void {
  for (const [key, bucket] of all) if (bucket.endsAtMs <= nowMs) all.delete(key);
}
