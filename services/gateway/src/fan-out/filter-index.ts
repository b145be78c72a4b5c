import type { EncodedEvent } from '@dms/broker';
import { type Filter, matchesFilter, type Position } from '@dms/protocol';
import type { Framing } from './framing.ts';
import { createSharedLog, type SharedLog } from './shared-log.ts';

/** The shared logs in use, one per distinct filter and framing, found by what they select so that an event touches only logs that may
 *  want it. */
export interface FilterIndex {
  readonly size: number;
  /** Made when first used, beginning at the feed's newest event; pair every call with one `release`. */
  acquire(filter: Filter, framing: Framing): SharedLog;
  release(log: SharedLog): void;
  /** Logs whose filter lets the event through, each once. */
  interested(event: EncodedEvent): Iterable<SharedLog>;
  all(): Iterable<SharedLog>;
}

interface Use {
  readonly log: SharedLog;
  readonly buckets: readonly string[];
  users: number;
}

const EVERYTHING = '*';

const useKey = ({ filter, framing }: Pick<SharedLog, 'filter' | 'framing'>): string => `${framing.door} ${filter.key}`;

/** The narrowest dimension of a filter decides where it is found. */
function bucketsOf(filter: Filter): readonly string[] {
  if (filter.channelIds.size > 0) return [...filter.channelIds];
  if (filter.withinChannels !== null) return [...filter.withinChannels];
  return filter.guildIds.size > 0 ? [...filter.guildIds] : [EVERYTHING];
}

export function createFilterIndex(lastOfFeed: () => Position): FilterIndex {
  const uses = new Map<string, Use>();
  // Channels and guilds share one map: Discord's ids are unique across both.
  const buckets = new Map<string, Set<SharedLog>>();

  const candidates = (event: EncodedEvent): Set<SharedLog> => {
    const found = new Set<SharedLog>();
    for (const key of [event.channelId, event.parentId, event.guildId, EVERYTHING]) {
      if (key !== null) for (const log of buckets.get(key) ?? []) found.add(log);
    }
    return found;
  };

  return {
    get size() {
      return uses.size;
    },
    acquire(filter, framing) {
      const key = useKey({ filter, framing });
      const known = uses.get(key);
      if (known !== undefined) {
        known.users += 1;
        return known.log;
      }
      const use: Use = { log: createSharedLog(filter, framing, lastOfFeed()), buckets: bucketsOf(filter), users: 1 };
      uses.set(key, use);
      for (const id of use.buckets) {
        const bucket = buckets.get(id) ?? new Set();
        buckets.set(id, bucket.add(use.log));
      }
      return use.log;
    },
    release(log) {
      const use = uses.get(useKey(log));
      if (use === undefined) return;
      use.users -= 1;
      if (use.users > 0) return;
      uses.delete(useKey(log));
      for (const key of use.buckets) {
        const bucket = buckets.get(key);
        bucket?.delete(log);
        if (bucket?.size === 0) buckets.delete(key);
      }
    },
    *interested(event) {
      for (const log of candidates(event)) if (matchesFilter(log.filter, event)) yield log;
    },
    *all() {
      for (const use of uses.values()) yield use.log;
    },
  };
}
