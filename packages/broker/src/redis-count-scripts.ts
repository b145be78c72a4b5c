import type { Redis } from 'ioredis';
import type { PlaceCaps, WindowCount } from './shared-counts.ts';

// Scripts, because a cap that is read and then counted against is exceeded by whoever comes in between. All keys of a deployment
// share one hash tag, so in a cluster they lie together on one node:
//   leases           sorted set: lease -> when it runs out, by the clock of Redis
//   places:<lease>   hash: address -> open connections, and `*` -> all of them; expires with the lease
//   report:<lease>   what the replica says of itself; expires with the lease
//   hits:<key>       a window; expires with it
const NOW = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;
const LIVING = `redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local living = redis.call('ZRANGE', KEYS[1], 0, -1)
`;

const TAKE = `${NOW}${LIVING}
local prefix, lease, leaseMs, address = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local perAddress, total, perReplica = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local ofAddress, ofAll, ofReplica = 0, 0, 0
for _, id in ipairs(living) do
  local held = redis.call('HMGET', prefix .. id, address, '*')
  ofAddress = ofAddress + tonumber(held[1] or 0)
  ofAll = ofAll + tonumber(held[2] or 0)
  if id == lease then ofReplica = tonumber(held[2] or 0) end
end
if perAddress > 0 and ofAddress >= perAddress then return 'per-address' end
if total > 0 and ofAll >= total then return 'total' end
if perReplica > 0 and ofReplica >= perReplica then return 'replica-full' end
redis.call('HINCRBY', prefix .. lease, address, 1)
redis.call('HINCRBY', prefix .. lease, '*', 1)
redis.call('PEXPIRE', prefix .. lease, leaseMs)
redis.call('ZADD', KEYS[1], now + leaseMs, lease)
return 'ok'`;

const ADD = `for i = 1, #ARGV, 2 do
  if redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) <= 0 then redis.call('HDEL', KEYS[1], ARGV[i]) end
end`;

const RENEW = `${NOW}
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[2])
return redis.call('PEXPIRE', KEYS[2], ARGV[2])`;

const READ = `${NOW}${LIVING}
local found = {}
for _, id in ipairs(living) do
  found[#found + 1] = id
  found[#found + 1] = redis.call('GET', ARGV[1] .. id) or ''
end
return found`;

const HIT = `local hits = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return { hits, left }`;

/** Fields written with one command; more would hold up everybody else. */
const MAX_PAIRS = 2_000;

export type TakeAnswer = 'ok' | 'per-address' | 'total' | 'replica-full';

/** The commands of one lease. Each rejects with what Redis or the connection says. */
export interface CountScripts {
  take(redis: Redis, address: string, caps: PlaceCaps): Promise<TakeAnswer>;
  /** Adds to what is held, or takes away from it. */
  add(redis: Redis, changes: Iterable<readonly [address: string, change: number]>): Promise<void>;
  /** Whether any place of this lease is known there. */
  renew(redis: Redis, report: string): Promise<boolean>;
  /** `[lease, report]` of all living replicas. */
  readReports(redis: Redis): Promise<readonly (readonly [string, string])[]>;
  hit(redis: Redis, key: string, windowMs: number): Promise<WindowCount>;
  end(redis: Redis): Promise<void>;
}

/** What all keys of a deployment share, and with it their place in a cluster. */
export const hashTagOf = (namespace: string): string => `{${namespace}}`;

export function createCountScripts(namespace: string, lease: string, leaseMs: number): CountScripts {
  const tag = hashTagOf(namespace);
  const leases = `${tag}:leases`;
  const placesPrefix = `${tag}:places:`;
  const reportPrefix = `${tag}:report:`;
  const places = placesPrefix + lease;
  const report = reportPrefix + lease;
  return {
    async take(redis, address, { perAddress, total, perReplica }) {
      const caps = [perAddress, total, perReplica];
      const answer = await redis.eval(TAKE, 1, leases, placesPrefix, lease, leaseMs, address, ...caps);
      if (answer === 'ok' || answer === 'per-address' || answer === 'total' || answer === 'replica-full') return answer;
      throw new TypeError('an answer that no script gives');
    },
    async add(redis, changes) {
      const pairs: [string, number][] = [];
      let sum = 0;
      for (const [address, change] of changes) {
        pairs.push([address, change]);
        sum += change;
      }
      if (pairs.length === 0) return;
      pairs.push(['*', sum]);
      const sending: Promise<unknown>[] = [];
      for (let at = 0; at < pairs.length; at += MAX_PAIRS) {
        sending.push(redis.eval(ADD, 1, places, ...pairs.slice(at, at + MAX_PAIRS).flat()));
      }
      await Promise.all(sending);
    },
    async renew(redis, text) {
      return (await redis.eval(RENEW, 3, leases, places, report, lease, leaseMs, text)) === 1;
    },
    async readReports(redis) {
      const found: unknown = await redis.eval(READ, 1, leases, reportPrefix);
      if (!Array.isArray(found)) throw new TypeError('an answer that no script gives');
      return found.flatMap((id, index) => (index % 2 === 0 ? [[String(id), String(found[index + 1])] as const] : []));
    },
    async hit(redis, key, windowMs) {
      const answer: unknown = await redis.eval(HIT, 1, `${tag}:hits:${key}`, windowMs);
      const [hits, resetMs]: readonly unknown[] = Array.isArray(answer) ? answer : [];
      if (typeof hits !== 'number' || typeof resetMs !== 'number')
        throw new TypeError('an answer that no script gives');
      return { hits, resetMs };
    },
    async end(redis) {
      await Promise.all([redis.zrem(leases, lease), redis.del(places, report)]);
    },
  };
}
