import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
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

/** Counts requests per client address in this process (so n replicas allow n times as much) and refuses above the limit. */
export function createRateLimit(settings: RateLimitSettings, clientAddress: ClientAddress): RequestHandler {
  if (settings.maxRequests === 0) return (_req, _res, next) => next();
  const limiter = rateLimit({
    windowMs: settings.windowMs,
    limit: settings.maxRequests,
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
