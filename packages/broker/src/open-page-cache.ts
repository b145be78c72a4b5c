import { parseBrokerUrl } from './broker-url.ts';
import { createMemoryPageCache, type PageCache } from './page-cache.ts';
import { createRedisPageCache } from './redis-page-cache.ts';
import { openSentinelRoutes } from './redis-sentinel-routes.ts';
import { createServerRoutes } from './redis-server-routes.ts';

export interface PageCacheOptions {
  /** Before every key, default `dms:page:`. Deployments and tests that share a server take different ones. */
  readonly prefix?: string;
}

/** The cache that belongs to a broker's URL. A Redis Cluster keeps each key on a node of its own, and the broker's plain connection
 *  goes to any: there each process caches for itself. @throws TypeError for a URL that is no broker's */
export function openPageCache(url: string, { prefix = 'dms:page:' }: PageCacheOptions = {}): PageCache {
  const address = parseBrokerUrl(url);
  if (address.kind === 'server') return createRedisPageCache(createServerRoutes(address), prefix);
  if (address.kind === 'sentinel') return createRedisPageCache(openSentinelRoutes(address), prefix);
  return createMemoryPageCache();
}
