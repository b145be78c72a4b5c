import { type Position, positionFrame } from '@dms/protocol';
import type { SharedLog } from './shared-log.ts';

/** What a connection writes to. The door owns the protocol around it (control frames, close); whole text frames are written
 *  between its own. */
export interface Transport {
  /** Whole, already framed messages. The bytes are shared with other connections and must not be modified. */
  writeFrames(frames: Buffer): void;
  /** One text message. */
  sendText(text: string): void;
  ping(): void;
  /** True while the peer has not taken what was written. */
  readonly isBlocked: boolean;
  close(code: number, reason: string): void;
  /** Without a goodbye, for peers that no longer answer. */
  terminate(): void;
}

/** Where a client stands. `live` reads a shared log at `offset`; `catching-up` reads ring or database after `cursor`. Both
 *  keep one promise: exactly the log after HELLO's position, through the filter, in order, once (I5). */
export type Place = { readonly kind: 'live'; offset: number } | CatchingUp | { readonly kind: 'closed' };

export interface CatchingUp {
  readonly kind: 'catching-up';
  cursor: Position;
  /** A page of the log is on its way. */
  isReading: boolean;
}

/** Plain state, one object per client: no timers, no closures, no request. */
export interface Connection {
  readonly id: string;
  readonly transport: Transport;
  log: SharedLog;
  place: Place;
  /** Waits in the hub's catch-up queue. */
  isQueued: boolean;
}

/** The position after everything written so far; `last` is the feed's newest event. */
export function positionOf(connection: Connection, last: Position): Position {
  const { place, log } = connection;
  if (place.kind === 'catching-up') return place.cursor;
  if (place.kind === 'live' && place.offset < log.endOffset) return log.positionAt(place.offset);
  return last;
}

export function sendPosition(connection: Connection, last: Position): void {
  connection.transport.sendText(positionFrame(positionOf(connection, last), last.seq));
}
