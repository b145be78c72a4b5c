/** A part of the age is cut off at random, up to this much: clients that came at the same moment do not leave at the same moment. */
const MAX_CUT = 0.2;

/** How long a connection may stay, so that old ones spread over replicas that came later. */
export interface Tenure {
  /** On the monotonic clock; infinite = for ever. */
  readonly endsAtMs: number;
  /** When it was asked to go elsewhere; null = not yet. */
  askedAtMs: number | null;
}

/** `maxAgeMs` 0 = for ever; `spread` is random, 0 to 1. */
export function createTenure(nowMs: number, maxAgeMs: number, spread: number): Tenure {
  const endsAtMs = maxAgeMs === 0 ? Number.POSITIVE_INFINITY : nowMs + maxAgeMs * (1 - spread * MAX_CUT);
  return { endsAtMs, askedAtMs: null };
}

export type TenureAction = 'none' | 'ask' | 'end';

/** What is due for it now; notes that it was asked. `graceMs` is what it then has to open a new connection. */
export function passTenure(tenure: Tenure, nowMs: number, graceMs: number): TenureAction {
  if (nowMs < tenure.endsAtMs) return 'none';
  if (tenure.askedAtMs !== null) return nowMs - tenure.askedAtMs >= graceMs ? 'end' : 'none';
  tenure.askedAtMs = nowMs;
  return 'ask';
}
