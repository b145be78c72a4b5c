import type { IdentifyUse } from '@dms/event-log';

/** Discord's `session_start_limit`, from `GET /gateway/bot`. */
export interface IdentifyLimit {
  /** In 24 hours; usually 1,000. */
  readonly total: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
}

/** Sending one more than Discord allows resets the token, and every program that uses it is locked out. So we stop well before,
 *  and slow down on the way, as whatever makes us connect again and again will not have ended by itself. */
export type IdentifyPace =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'stop'; readonly resetsInMs: number };

/** Share of the limit that we use ourselves; the rest is for whoever repairs things. */
const OWN_SHARE = 0.8;
/** Share that must be left, whoever used the others. */
const RESERVED_SHARE = 0.1;
/** We count from sending an IDENTIFY, Discord from reading it; one that comes too soon is refused and counts all the same. */
const MARGIN = 1.2;
/** From this many in 24 hours on, the pause between two is so many times the least one: 5 s become 30 s and 2 min. */
const SLOWER: readonly (readonly [from: number, times: number])[] = [
  [100, 24],
  [20, 6],
];

/** How long to wait before the next IDENTIFY, or that there must be none. Pure. */
export function identifyPace(use: IdentifyUse, limit: IdentifyLimit, intervalMs: number): IdentifyPace {
  const own = Math.max(1, Math.floor(limit.total * OWN_SHARE));
  if (use.used >= own) return { kind: 'stop', resetsInMs: use.resetsInMs };
  if (limit.remaining <= limit.total * RESERVED_SHARE) return { kind: 'stop', resetsInMs: limit.resetAfterMs };
  const times = SLOWER.find(([from]) => use.used >= from)?.[1] ?? MARGIN;
  return { kind: 'wait', ms: use.sinceLastMs === null ? 0 : Math.max(0, intervalMs * times - use.sinceLastMs) };
}
