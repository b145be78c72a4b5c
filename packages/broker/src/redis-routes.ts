import type { RedisUrl } from './broker-url.ts';
import { createClusterRoutes } from './redis-cluster-routes.ts';
import type { RedisRoutes } from './redis-route.ts';
import { openSentinelRoutes } from './redis-sentinel-routes.ts';
import { createServerRoutes } from './redis-server-routes.ts';

export function openRedisRoutes(url: RedisUrl): RedisRoutes {
  switch (url.kind) {
    case 'server':
      return createServerRoutes(url);
    case 'sentinel':
      return openSentinelRoutes(url);
    case 'cluster':
      return createClusterRoutes(url);
  }
}
