import type { Redis } from 'ioredis';
import { type HostPort, isSameHost, passwordsOf, type RedisUrl } from './broker-url.ts';
import { openRedisConnection } from './redis-connection.ts';
import type { RedisRoute, RedisRoutes } from './redis-route.ts';
import { createServerRoute } from './redis-server-routes.ts';

type SentinelUrl = Extract<RedisUrl, { kind: 'sentinel' }>;

const SENTINEL_SILENCE_MS = 1_000;

/** To the master of the day: the one that most of the reachable sentinels name. It is asked for before every connect, and again
 *  and again afterwards together with the server's own role (redis.io, "Sentinel client spec").
 *
 *  Neither question is a formality. After a planned failover the old master goes on as a master for ten seconds and more, while
 *  whoever connects meanwhile goes to the new one. And PUBLISH on a demoted master succeeds and reaches nobody, because it is no
 *  write, and a replica passes nothing upwards. */
export function openSentinelRoutes(url: SentinelUrl): RedisRoutes {
  const sentinels = openSentinels(url);
  const create = (): RedisRoute => createSentinelRoute(url, sentinels);
  return { create, createForKeys: create, close: sentinels.close };
}

function createSentinelRoute(url: SentinelUrl, sentinels: Sentinels): RedisRoute {
  let latest: HostPort | null = null;
  return {
    access: url.access,
    secrets: passwordsOf(url.access.login),
    async locate() {
      const answers = await sentinels.ask();
      latest = mostNamed(answers);
      if (latest === null) throw new Error(sentinels.whyUnknown(answers));
      return latest;
    },
    async objection(redis) {
      const [answers, role] = await Promise.all([sentinels.ask(), roleOf(redis)]);
      if (role !== null && role !== 'master') return `the server is not the master "${url.masterName}" but a ${role}`;
      const master = mostNamed(answers);
      return master === null || latest === null || isSameHost(master, latest)
        ? null
        : `the sentinels name another master "${url.masterName}" now`;
    },
  };
}

async function roleOf(redis: Redis): Promise<unknown> {
  try {
    const [role] = await redis.role();
    return role;
  } catch {
    return null;
  }
}

/** What one sentinel said: the master, or that it knows none of that name. Those that say nothing are left out. */
type Answer = HostPort | 'unknown';

interface Sentinels {
  /** Never rejects. */
  ask(): Promise<readonly Answer[]>;
  whyUnknown(answers: readonly Answer[]): string;
  close(): Promise<void>;
}

/** A lasting connection to each, so that a question costs no connect and a dead one no time. */
function openSentinels(url: SentinelUrl): Sentinels {
  const access = { ...url.access, login: url.sentinelLogin, db: 0 };
  const connections = url.sentinels.map((sentinel) =>
    openRedisConnection(createServerRoute(sentinel, access), {
      silenceMs: SENTINEL_SILENCE_MS,
      prepare: async () => {},
      prepared: () => {},
    }),
  );
  return {
    async ask() {
      const connected = connections.flatMap((connection) => connection.current() ?? []);
      const answers = await Promise.allSettled(connected.map((sentinel) => askOne(sentinel, url.masterName)));
      return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    },
    whyUnknown(answers) {
      if (answers.length > 0) return `no sentinel knows a master "${url.masterName}"`;
      const reasons = connections.flatMap((connection) => connection.reason() ?? []);
      return `no sentinel answers: ${reasons[0] ?? 'silence'}`;
    },
    async close() {
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}

async function askOne(sentinel: Redis, masterName: string): Promise<Answer> {
  const reply = await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName);
  const [host, port]: readonly unknown[] = Array.isArray(reply) ? reply : [];
  return typeof host === 'string' && typeof port === 'string' ? { host, port: Number(port) } : 'unknown';
}

/** Of equals the first. */
function mostNamed(answers: readonly Answer[]): HostPort | null {
  const named = answers.filter((answer) => answer !== 'unknown');
  const votes = (host: HostPort): number => named.filter((other) => isSameHost(other, host)).length;
  return named.reduce<HostPort | null>(
    (best, host) => (best === null || votes(host) > votes(best) ? host : best),
    null,
  );
}
