import type { SharedCounts } from '@dms/broker';
import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit, type Store } from 'express-rate-limit';
import type { ClientAddress } from '../access/client-address.ts';
import { HttpProblem } from './problem.ts';

export interface RateLimitSettings {
  /** `RATE_LIMIT_WINDOW_MS` */
  readonly windowMs: number;
  /** `RATE_LIMIT_MAX_REQUESTS` per window and client; 0 = no limit. */
  readonly maxRequests: number;
}

/** Providers hand out /56 to /64 to one household; the smaller prefix is the safer unit to count. */
const IPV6_PREFIX_BITS = 56;

/** All replicas count together. Asking never fails: while Redis is away, each replica counts for itself. */
function createStore(counts: Pick<SharedCounts, 'hit'>, windowMs: number): Store {
  return {
    localKeys: false,
    async increment(key) {
      const { hits, resetMs } = await counts.hit(`requests:${key}`, windowMs);
      return { totalHits: hits, resetTime: new Date(Date.now() + resetMs) };
    },
    // Nothing here takes a hit back.
    decrement() {},
    resetKey() {},
  };
}

/** Counts requests per client address and refuses above the limit. */
export function createRateLimit(
  settings: RateLimitSettings,
  clientAddress: ClientAddress,
  counts: Pick<SharedCounts, 'hit'>,
): RequestHandler {
  if (settings.maxRequests === 0) return (_req, _res, next) => next();
  const limiter = rateLimit({
    windowMs: settings.windowMs,
    limit: settings.maxRequests,
    store: createStore(counts, settings.windowMs),
    identifier: 'rest',
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (req) => ipKeyGenerator(clientAddress(req), IPV6_PREFIX_BITS),
    // Its checks look at Express's own idea of the address, which is not the one counted here.
    validate: { xForwardedForHeader: false, forwardedHeader: false, trustProxy: false },
    handler: (_req, _res, next) => {
      const seconds = settings.windowMs / 1_000;
      next(new HttpProblem(429, `More than ${settings.maxRequests} requests in ${seconds} s from this address.`));
    },
  });
  return (req, res, next) => {
    limiter(req, res, next);
  };
}
