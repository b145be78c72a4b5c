import type { Redis } from 'ioredis';
import { type HostPort, isSameHost, passwordsOf, type RedisUrl } from './broker-url.ts';
import type { RedisRoute } from './redis-route.ts';

type ClusterUrl = Extract<RedisUrl, { kind: 'cluster' }>;

/** To the master that holds the slot of one hash tag, wherever it has moved. Whichever node is reached first tells which one that
 *  is; so does each later one, when the slot moves or its master fails. */
export function createClusterKeyRoute(url: ClusterUrl, hashTag: string): RedisRoute {
  let owner: HostPort | null = null;
  let latest: HostPort | null = null;
  let attempts = Math.floor(Math.random() * url.nodes.length);
  return {
    access: url.access,
    secrets: passwordsOf(url.access.login),
    async locate() {
      const next = owner ?? url.nodes[attempts % url.nodes.length];
      if (next === undefined) throw new RangeError('a cluster has at least one node');
      attempts += 1;
      // Asked for once: when it does not answer, another node says who has taken over.
      owner = null;
      latest = next;
      return next;
    },
    async objection(redis) {
      const found = await findOwner(redis, hashTag);
      if (typeof found === 'string') return found;
      if (found === null || (latest !== null && isSameHost(found, latest))) return null;
      owner = found;
      return 'another node holds the counts';
    },
  };
}

/** The master of the slot; why there is none; null = the connected node, which does not know under which name it is reached. */
async function findOwner(redis: Redis, hashTag: string): Promise<HostPort | string | null> {
  let slot: number;
  let ranges: readonly unknown[];
  try {
    [slot, ranges] = await Promise.all([redis.cluster('KEYSLOT', hashTag), redis.cluster('SLOTS')]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  for (const range of ranges) {
    const [first, last, master]: readonly unknown[] = Array.isArray(range) ? range : [];
    if (typeof first !== 'number' || typeof last !== 'number' || slot < first || slot > last) continue;
    const [host, port]: readonly unknown[] = Array.isArray(master) ? master : [];
    return typeof host === 'string' && typeof port === 'number' && /^[^?]/.test(host) ? { host, port } : null;
  }
  return 'nobody holds the slot of the counts';
}
