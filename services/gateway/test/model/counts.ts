/** What a walk did to the system; every one of them must happen now and then, or the walks prove nothing. */
export const FAULTS = [
  ...['ingester crash', 'planned stop', 'forced takeover', 'lost acknowledgement', 'refused commit', 'step down'],
  ...['read error', 'failover', 'prune', 'lost hint', 'repeated hint', 'stale hint', 'malformed hint'],
  ...['lost subscription', 'wiped broker', 'late subscription', 'gateway crash', 'client drop'],
] as const;
export type Fault = (typeof FAULTS)[number];

/** What the code under test did about it. */
export const OUTCOMES = [
  ...['resumed from memory', 'resumed from the log', 'reset: diverged', 'reset: too_old', 'unavailable'],
  ...['page read', 'blocked', 'purged frame', 'filter switch', 'divergence', 'fenced', 'position frame'],
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export type Counts = Map<string, number>;

export function count(counts: Counts, what: Fault | Outcome): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

export function addCounts(total: Counts, counts: Counts): void {
  for (const [what, times] of counts) total.set(what, (total.get(what) ?? 0) + times);
}

/** What never happened. */
export const missingCounts = (counts: Counts): readonly string[] =>
  [...FAULTS, ...OUTCOMES].filter((what) => !counts.has(what));
