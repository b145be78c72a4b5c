import { type HostPort, passwordsOf, type RedisAccess, type RedisUrl } from './broker-url.ts';
import type { RedisRoute, RedisRoutes } from './redis-route.ts';

/** To the one server there is. */
export function createServerRoutes({ server, access }: Extract<RedisUrl, { kind: 'server' }>): RedisRoutes {
  const create = (): RedisRoute => createServerRoute(server, access);
  return { create, createForKeys: create, close: async () => {} };
}

export function createServerRoute(server: HostPort, access: RedisAccess): RedisRoute {
  return { access, secrets: passwordsOf(access.login), locate: async () => server, objection: async () => null };
}
