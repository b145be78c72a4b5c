import type { EncodedEvent } from '@dms/broker';

/** A way in: `poll` is one page of `/events`, the others last. */
export type Door = 'ws' | 'sse' | 'ndjson' | 'poll';

/** How a door wraps an event. Frames are whole: any run of them may be written between a door's own words. */
export interface Framing {
  readonly door: Door;
  /** Bytes that `writeFrame` will take. */
  frameBytes(event: EncodedEvent): number;
  /** Writes the frame at `offset` of `target`, which must have room. Returns the offset after it. */
  writeFrame(target: Buffer, offset: number, event: EncodedEvent): number;
  /** Present when its readers also understand a compressed stream. */
  openCompressed?(): CompressingFraming;
}

/** Frames that refer back to earlier ones. Each event is framed exactly once, by `frameBytes` and then `writeFrame`, in the order in
 *  which readers get it. */
export interface CompressingFraming extends Framing {
  /** Forgets what was framed: the next frame refers to nothing, and a reader may begin with it. */
  startOver(): void;
}
