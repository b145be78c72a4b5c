import type { Position } from '@dms/protocol';
import type { LogPage } from '../feed/log-pages.ts';
import type { Framing } from './framing.ts';
import type { SharedLog } from './shared-log.ts';

/** What a connection writes to. The door owns the protocol around it (control frames, close); whole text frames are written
 *  between its own. */
export interface Transport {
  /** What `writeFrames` is given. */
  readonly framing: Framing;
  /** Whole, already framed messages. The bytes are shared with other connections and must not be modified. */
  writeFrames(frames: Buffer): void;
  /** `position` is the one after everything written so far; `headSeq` the newest event's. */
  sendPosition(position: Position, headSeq: number): void;
  /** Why the server is about to close; `name` is stable snake_case, `message` for people. */
  sendError(name: string, message: string): void;
  /** Called whenever everything there is has been written. */
  caughtUp?(): void;
  /** True while the peer has not taken what was written. */
  readonly isBlocked: boolean;
  close(code: number, reason: string): void;
  /** Without a goodbye, for peers that no longer answer. */
  terminate(): void;
}

/** Where a client stands. `live` reads a shared log (its own, or the compressed twin of that) at `offset`; `catching-up` reads ring or database after `cursor`. Both
 *  keep one promise: exactly the log after HELLO's position, through the filter, in order, once (I5). */
export type Place = Live | CatchingUp | { readonly kind: 'closed' };

export interface Live {
  readonly kind: 'live';
  readonly log: SharedLog;
  offset: number;
}

export interface CatchingUp {
  readonly kind: 'catching-up';
  cursor: Position;
  /** A page of the log is on its way. */
  isReading: boolean;
  /** What is left of it is sent bit by bit. Shared by all who asked for the same stretch at the same time. */
  page: LogPage | null;
  /** The cursor lies on the feed's own run of the log, so that memory may follow it. */
  isOnFeed: boolean;
}

/** Plain state, one object per client: no timers, no closures, no request. */
export interface Connection {
  readonly id: string;
  readonly transport: Transport;
  /** Of its filter, plain. */
  log: SharedLog;
  place: Place;
  /** The furthest position the client was told: what it is told next is never behind it. */
  told: Position;
  /** Waits in the hub's catch-up queue. */
  isQueued: boolean;
}

/** The position after everything written so far; `last` is the feed's newest event. */
function positionOf({ place }: Connection, last: Position): Position {
  if (place.kind === 'catching-up') return place.cursor;
  if (place.kind === 'live' && place.offset < place.log.endOffset) return place.log.positionAt(place.offset);
  return last;
}

/** The position to tell the client now. Never behind an earlier answer: a shared log knows only matching events, so with one
 *  waiting to be sent the position before it may be older than what the client heard while it had everything. */
export function tellPosition(connection: Connection, last: Position): Position {
  const position = positionOf(connection, last);
  if (position.seq > connection.told.seq) connection.told = position;
  return connection.told;
}

/** How many events of the log the connection still lacks, those included that its filter leaves out. */
export const lagOf = (connection: Connection, last: Position): number =>
  Math.max(0, last.seq - positionOf(connection, last).seq);

export function sendPosition(connection: Connection, last: Position): void {
  connection.transport.sendPosition(tellPosition(connection, last), last.seq);
}
