import type { MessageScope } from '@dms/event-log';
import { isSamePosition, type Position } from '@dms/protocol';
import type { Feed } from '../../feed/feed.ts';

export type ClockFeed = Pick<Feed, 'isReady' | 'failure' | 'generation' | 'last' | 'oldest' | 'ring'>;

/** Knows when something last happened in a part of the log, so that an answer about that part can be repeated. */
export interface ScopeClock {
  /** The newest event that may concern messages of the scope, as far as this process has read the log: never too early. Null while
   *  it cannot tell. The same position means the same messages, on every replica. */
  lastChange(scope: MessageScope): Position | null;
  /** Whether the position is one of the log as it is now, and one that a client can resume from. */
  isOnLog(position: Position): boolean;
}

/** Channels and guilds that are told apart; beyond that it forgets them all and starts over from the present (I9). */
const MAX_PLACES = 20_000;

/** Looks at the ring's new events when it is asked. Authors are not told apart: an event of anybody in the channels counts. */
export function createScopeClock(feed: ClockFeed): ScopeClock {
  const places = new Map<string, Position>();
  let generation = -1;
  /** Everything before is unknown, so it may have happened here. */
  let floor: Position = feed.last;
  let nextSeq = 0;

  const restart = (from: number): void => {
    places.clear();
    generation = feed.generation;
    const first = feed.ring.get(from);
    // Whoever has an event in common has all before it in common, so its term names the place before it too.
    floor = first === undefined ? feed.last : { term: first.term, seq: from - 1 };
    nextSeq = from;
  };

  const catchUp = (): void => {
    const { ring } = feed;
    if (generation !== feed.generation || nextSeq < ring.firstSeq || nextSeq > ring.nextSeq) restart(ring.firstSeq);
    if (places.size > MAX_PLACES) restart(ring.nextSeq);
    for (; nextSeq < ring.nextSeq; nextSeq += 1) {
      const event = ring.get(nextSeq);
      if (event === undefined) continue;
      const position = { term: event.term, seq: event.seq };
      for (const id of [event.channelId, event.parentId, event.guildId]) if (id !== null) places.set(id, position);
    }
  };

  const newestOf = (ids: readonly string[]): Position => {
    let newest = floor;
    for (const id of ids) {
      const position = places.get(id);
      if (position !== undefined && position.seq > newest.seq) newest = position;
    }
    return newest;
  };

  return {
    lastChange({ channelIds, withinChannels, guildIds }) {
      if (!feed.isReady || feed.failure !== null) return null;
      catchUp();
      if (channelIds.length > 0) return newestOf(channelIds);
      if (withinChannels !== null) return newestOf(withinChannels);
      return guildIds.length > 0 ? newestOf(guildIds) : feed.last;
    },
    isOnLog(position) {
      if (!feed.isReady) return false;
      if (isSamePosition(position, feed.last)) return true;
      return position.seq >= feed.oldest.seq && feed.ring.get(position.seq)?.term === position.term;
    },
  };
}
