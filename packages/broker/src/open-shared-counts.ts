import { parseBrokerUrl } from './broker-url.ts';
import { createMemoryCounts } from './memory-counts.ts';
import { createRedisCounts } from './redis-counts.ts';
import type { PlaceCaps, SharedCounts } from './shared-counts.ts';

export interface SharedCountsOptions {
  /** Names this replica among the others; unique. */
  readonly replicaId: string;
  readonly caps: PlaceCaps;
  /** What the keys in Redis begin with, default `dms:counts`. Deployments and tests that share a server take different ones. */
  readonly namespace?: string;
  /** How long the counts of a replica that died go on counting; default 5,000. */
  readonly leaseMs?: number;
}

export const DEFAULT_NAMESPACE = 'dms:counts';
const LEASE_MS = 5_000;

/** `memory:` counts within this process; every other URL of `parseBrokerUrl` connects in the background, and until it has, this
 *  replica counts alone. @throws TypeError for a URL that is none of them, without repeating it. */
export function openSharedCounts(url: string, options: SharedCountsOptions): SharedCounts {
  const { replicaId, caps, namespace = DEFAULT_NAMESPACE, leaseMs = LEASE_MS } = options;
  const address = parseBrokerUrl(url);
  if (address.kind === 'memory') return createMemoryCounts(replicaId, caps);
  return createRedisCounts(address, { replicaId, caps, namespace, leaseMs });
}
