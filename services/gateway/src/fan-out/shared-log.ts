import type { EncodedEvent } from '@dms/broker';
import type { Filter, Position } from '@dms/protocol';
import type { Framing } from './framing.ts';

const FIRST_SEGMENT_BYTES = 4 * 1024;
const MAX_SEGMENT_BYTES = 1024 * 1024;
/** Of one write, overshot only by a frame that is larger. A peer that reads slowly is judged by whether it takes them. */
const MAX_SLICE_BYTES = 64 * 1024;

interface Segment {
  readonly buffer: Buffer;
  /** Offset of the segment's first byte in the log's endless byte stream. */
  readonly startOffset: number;
  usedBytes: number;
}

interface Entry extends Position {
  /** Offset just after the event's frame. */
  readonly endOffset: number;
}

/** Whole frames that lie in one piece of memory. */
export interface Slice {
  readonly bytes: Buffer;
  readonly frames: number;
}

/** The frames of one filter in one framing, written once and read by every connection that uses it. A connection is only an offset into an
 *  endless stream of bytes of which the newest part is kept. Bytes handed out are never modified. */
export interface SharedLog {
  readonly filter: Filter;
  readonly framing: Framing;
  /** Every matching event after this position is in the log. */
  readonly floor: Position;
  readonly endOffset: number;
  readonly heldBytes: number;
  append(event: EncodedEvent): void;
  /** Whole frames from `offset` that lie in one piece of memory, as many as there are or fit in 64 KiB; null at the end. The same slice
   *  is handed to every connection at the same offset. */
  sliceAt(offset: number): Slice | null;
  /** The offset from which a connection that has everything up to `seq` goes on. `seq` must not be below the floor. */
  offsetAfter(seq: number): number;
  /** The last event before `offset`: what a connection there has received. */
  positionAt(offset: number): Position;
  /** Offsets below this one can no longer be served from here. */
  readonly floorOffset: number;
  /** Forgets all events up to `seq`. Move connections below the new floor elsewhere first, using `offsetAfter(seq)`. */
  raiseFloor(seq: number): void;
  /** The seq to raise the floor to so that at most `maxBytes` stay held; null when fewer are. */
  seqToFree(maxBytes: number): number | null;
}

/** `floor` is the newest event at the time of creation: what came before is read from the ring or the database. */
export function createSharedLog(filter: Filter, framing: Framing, initialFloor: Position): SharedLog {
  let floor = initialFloor;
  let floorOffset = 0;
  let endOffset = 0;
  let segments: Segment[] = [];
  let entries: Entry[] = [];
  /** Connections that keep up all ask for the same bytes. */
  let cached: { from: number; to: number; isFull: boolean; slice: Slice } | null = null;

  const segmentWithRoom = (bytes: number): Segment => {
    const newest = segments.at(-1);
    if (newest !== undefined && newest.buffer.length - newest.usedBytes >= bytes) return newest;
    const growing = Math.min(MAX_SEGMENT_BYTES, (newest?.buffer.length ?? FIRST_SEGMENT_BYTES / 2) * 2);
    const buffer = Buffer.allocUnsafeSlow(Math.max(growing, bytes));
    const segment = { buffer, startOffset: endOffset, usedBytes: 0 };
    segments.push(segment);
    return segment;
  };

  /** Index of the first entry that satisfies a condition which, once true, stays true. */
  const firstEntry = (isPast: (entry: Entry) => boolean): number => {
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = entries[middle];
      if (entry !== undefined && isPast(entry)) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  const offsetAfter = (seq: number): number =>
    entries[firstEntry((entry) => entry.seq > seq) - 1]?.endOffset ?? floorOffset;

  return {
    filter,
    framing,
    get floor() {
      return floor;
    },
    get floorOffset() {
      return floorOffset;
    },
    get endOffset() {
      return endOffset;
    },
    get heldBytes() {
      return endOffset - floorOffset;
    },
    append(event) {
      const bytes = framing.frameBytes(event);
      const segment = segmentWithRoom(bytes);
      segment.usedBytes = framing.writeFrame(segment.buffer, segment.usedBytes, event);
      endOffset += bytes;
      entries.push({ term: event.term, seq: event.seq, endOffset });
    },
    sliceAt(offset) {
      if (offset >= endOffset) return null;
      if (cached !== null && cached.from === offset && (cached.isFull || cached.to === endOffset)) return cached.slice;
      const segment = segments.findLast((candidate) => candidate.startOffset <= offset);
      if (segment === undefined) return null;
      const first = firstEntry((entry) => entry.endOffset > offset);
      const segmentEnd = segment.startOffset + segment.usedBytes;
      const limit = Math.min(segmentEnd, offset + MAX_SLICE_BYTES);
      const beyond = Math.max(
        first + 1,
        firstEntry((entry) => entry.endOffset > limit),
      );
      const to = entries[beyond - 1]?.endOffset ?? segmentEnd;
      const bytes = segment.buffer.subarray(offset - segment.startOffset, to - segment.startOffset);
      cached = { from: offset, to, isFull: to < endOffset, slice: { bytes, frames: beyond - first } };
      return cached.slice;
    },
    offsetAfter,
    positionAt(offset) {
      const entry = entries[firstEntry((candidate) => candidate.endOffset > offset) - 1];
      return entry ?? floor;
    },
    raiseFloor(seq) {
      const dropped = firstEntry((entry) => entry.seq > seq);
      const newest = entries[dropped - 1];
      if (newest === undefined) return;
      floor = { term: newest.term, seq: newest.seq };
      floorOffset = newest.endOffset;
      entries = entries.slice(dropped);
      segments = segments.filter((segment) => segment.startOffset + segment.usedBytes > floorOffset);
      cached = null;
    },
    seqToFree(maxBytes) {
      const excess = endOffset - floorOffset - maxBytes;
      if (excess <= 0) return null;
      // Free a quarter more than needed, so that this is not done again for the next event.
      const target = floorOffset + excess + maxBytes / 4;
      return (
        entries[
          Math.min(
            firstEntry((entry) => entry.endOffset >= target),
            entries.length - 1,
          )
        ]?.seq ?? null
      );
    },
  };
}
