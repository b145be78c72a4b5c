import type { EncodedEvent } from '@dms/broker';
import { matchesFilter, type Position } from '@dms/protocol';
import type { Ring } from '../feed/ring.ts';
import type { SharedLog, Slice } from './shared-log.ts';

/** One connection's share of a turn. */
export interface ChunkLimits {
  readonly maxEvents: number;
  /** Overshot by at most one event. */
  readonly maxBytes: number;
}

/** From memory: enough to fill a socket buffer, little enough to leave the others their turn. A peer that reads slowly is judged by
 *  whether it takes a chunk. */
export const RING_CHUNK: ChunkLimits = { maxEvents: 512, maxBytes: 64 * 1024 };
/** From a page of the database, which is held until it is used up. */
export const PAGE_CHUNK: ChunkLimits = { maxEvents: 1_000, maxBytes: 64 * 1024 };

/** A stretch of the log after a cursor: the frames that match and how far the stretch reaches. */
export interface Chunk {
  /** Null when nothing in the stretch matches. */
  readonly slice: Slice | null;
  /** The last event looked at, matching or not. */
  readonly cursor: Position;
}

/** Frames what the filter lets through of `events`, ascending, until the chunk is full. Without events the cursor stays. */
export function frameChunk(
  events: Iterable<EncodedEvent>,
  { filter, framing }: Pick<SharedLog, 'filter' | 'framing'>,
  start: Position,
  limits: ChunkLimits,
): Chunk {
  const matching: EncodedEvent[] = [];
  let bytes = 0;
  let cursor = start;
  let scanned = 0;
  for (const event of events) {
    if (scanned >= limits.maxEvents || bytes >= limits.maxBytes) break;
    scanned += 1;
    cursor = event;
    if (!matchesFilter(filter, event)) continue;
    matching.push(event);
    bytes += framing.frameBytes(event);
  }
  const reached: Position = { term: cursor.term, seq: cursor.seq };
  if (matching.length === 0) return { slice: null, cursor: reached };
  const target = Buffer.allocUnsafe(bytes);
  let offset = 0;
  for (const event of matching) offset = framing.writeFrame(target, offset, event);
  return { slice: { bytes: target, frames: matching.length }, cursor: reached };
}

/** The ring's events after `seq`. Nothing when the ring begins later: then the database must be asked. */
export function* ringAfter(ring: Ring, seq: number): Generator<EncodedEvent> {
  if (seq + 1 < ring.firstSeq) return;
  for (let next = seq + 1; next < ring.nextSeq; next += 1) {
    const event = ring.get(next);
    if (event === undefined) return;
    yield event;
  }
}

/** Events of a page as they may be sent now. */
export function* currentOf(events: readonly EncodedEvent[], ring: Ring): Generator<EncodedEvent> {
  for (const event of events) yield ring.current(event);
}

export type PageVerdict =
  | {
      readonly kind: 'continues';
      readonly events: readonly EncodedEvent[];
      /** The page meets the ring, so memory may follow any of its events. */
      readonly isOnFeed: boolean;
    }
  /** The event at the cursor was pruned or belongs to another history: the client must ask again with its position. */
  | { readonly kind: 'lost' };

/** Checks that a page of the log contains the very event at the cursor, and cuts it to what lies after it and before the ring
 *  ends. After a failover the database may show another history than the feed still holds: where they overlap they must agree. */
export function continueFrom(page: readonly EncodedEvent[], cursor: Position, ring: Ring): PageVerdict {
  const anchor = cursor.seq === 0 ? undefined : page.find((event) => event.seq === cursor.seq);
  const isAnchored = cursor.seq === 0 ? page[0] === undefined || page[0].seq === 1 : anchor?.term === cursor.term;
  const events = page.filter((event) => event.seq > cursor.seq && event.seq < ring.nextSeq);
  const newest = events.at(-1);
  // A caller below the end of the ring that finds nothing after its cursor is looking at another log than the feed did.
  if (!isAnchored || newest === undefined) return { kind: 'lost' };
  const held = ring.get(newest.seq);
  if (held !== undefined && held.term !== newest.term) return { kind: 'lost' };
  return { kind: 'continues', events, isOnFeed: held !== undefined };
}
