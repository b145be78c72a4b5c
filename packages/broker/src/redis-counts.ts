import type { Redis } from 'ioredis';
import type { RedisUrl } from './broker-url.ts';
import { createLocalPlaces } from './local-places.ts';
import { createLocalWindows } from './local-windows.ts';
import { openRedisConnection } from './redis-connection.ts';
import { type CountScripts, createCountScripts, hashTagOf } from './redis-count-scripts.ts';
import { openRedisRoutes } from './redis-routes.ts';
import type { PlaceAnswer, PlaceCaps, SharedCounts } from './shared-counts.ts';

export interface RedisCountsOptions {
  readonly replicaId: string;
  readonly caps: PlaceCaps;
  readonly namespace: string;
  /** How long counts outlive a replica that died. */
  readonly leaseMs: number;
}

/** Whoever waits for an answer is waiting to be let in; after this he is judged by this replica alone. */
const ANSWER_TIMEOUT_MS = 1_000;
const RENEWALS_PER_LEASE = 5;

/** The counts of this process mirrored in Redis, on one connection whose commands keep their order.
 *
 *  What this process counted itself is the truth about its part. Each connection begins a new lease and writes everything there:
 *  a command of an earlier one that Redis executes late can only touch a lease that nobody renews any more. */
export function createRedisCounts(url: RedisUrl, options: RedisCountsOptions): SharedCounts {
  const { replicaId, caps, namespace, leaseMs } = options;
  const places = createLocalPlaces(caps);
  const windows = createLocalWindows();
  let leaseNumber = 0;
  let scripts = newLease();
  let reportText = '';
  let given = new Map<string, number>();
  let isClosed = false;

  function newLease(): CountScripts {
    leaseNumber += 1;
    return createCountScripts(namespace, `${replicaId}/${leaseNumber}`, leaseMs);
  }

  const routes = openRedisRoutes(url);
  const connection = openRedisConnection(routes.createForKeys(hashTagOf(namespace)), {
    silenceMs: ANSWER_TIMEOUT_MS,
    async prepare(redis) {
      const ended = scripts;
      scripts = newLease();
      // Fails where the user lacks the rights, before anything relies on it.
      await Promise.all([ended.end(redis), scripts.renew(redis, reportText)]);
    },
    prepared() {
      given.clear();
      const redis = current();
      // Before any other command of this connection.
      if (redis !== null) attempt(redis, scripts.add(redis, places.byAddress));
    },
  });

  const current = (): Redis | null => (isClosed ? null : connection.current());

  /** A command that failed leaves it open what Redis counts: a fresh connection writes everything anew. */
  const attempt = (redis: Redis, command: Promise<unknown>): void => {
    command.catch((error: unknown) => connection.giveUp(redis, error));
  };

  const flushGiven = (): void => {
    const changes = given;
    given = new Map();
    const redis = current();
    if (redis !== null) attempt(redis, scripts.add(redis, changes));
  };

  const renew = async (redis: Redis): Promise<void> => {
    const isExpected = places.total > 0;
    const isKnown = await scripts.renew(redis, reportText);
    if (isExpected && !isKnown) throw new Error('the counts were lost');
  };
  const renewing = setInterval(() => {
    const redis = current();
    if (redis !== null) attempt(redis, renew(redis));
  }, leaseMs / RENEWALS_PER_LEASE);

  const takeAlone = (address: string): PlaceAnswer => {
    const reason = places.refusal(address);
    if (reason !== null) return { ok: false, reason };
    places.add(address);
    return { ok: true };
  };

  return {
    replicaId,
    get isShared() {
      return current() !== null;
    },
    get addresses() {
      return places.byAddress.size;
    },
    async takePlace(address) {
      const redis = current();
      // What this replica alone must refuse costs nobody else anything.
      if (redis === null || places.refusal(address) !== null) return takeAlone(address);
      try {
        const answer = await scripts.take(redis, address, caps);
        if (answer !== 'ok') return { ok: false, reason: answer };
        places.add(address);
        return { ok: true };
      } catch (error) {
        connection.giveUp(redis, error);
        return takeAlone(address);
      }
    },
    givePlace(address) {
      places.remove(address);
      if (current() === null) return;
      // Many leave at once, and each is one field of the same command.
      if (given.size === 0) setImmediate(flushGiven);
      given.set(address, (given.get(address) ?? 0) - 1);
    },
    async hit(key, windowMs) {
      // Counted here in any case, so that a replica that is alone from now on does not begin at nothing.
      const own = windows.hit(key, windowMs, performance.now());
      const redis = current();
      if (redis === null) return own;
      try {
        return await scripts.hit(redis, key, windowMs);
      } catch (error) {
        connection.giveUp(redis, error);
        return own;
      }
    },
    report(text) {
      reportText = text;
    },
    async readReports() {
      const redis = current();
      if (redis === null) return [];
      try {
        return othersOf(await scripts.readReports(redis), replicaId);
      } catch (error) {
        connection.giveUp(redis, error);
        return [];
      }
    },
    async close() {
      clearInterval(renewing);
      const redis = current();
      isClosed = true;
      if (redis !== null) await scripts.end(redis).catch(() => {});
      await connection.close();
      await routes.close();
    },
  };
}

/** The newest lease of each; one that has just reconnected has two. */
function othersOf(found: readonly (readonly [string, string])[], ownId: string) {
  const newest = new Map<string, { readonly number: number; readonly text: string }>();
  for (const [lease, text] of found) {
    const slash = lease.lastIndexOf('/');
    const replicaId = lease.slice(0, slash);
    const number = Number(lease.slice(slash + 1));
    if (replicaId !== ownId && text !== '' && number > (newest.get(replicaId)?.number ?? 0))
      newest.set(replicaId, { number, text });
  }
  return [...newest].map(([replicaId, { text }]) => ({ replicaId, text }));
}
