import type { EncodedEvent } from '@dms/broker';
import { CloseCode, type Filter, type Position } from '@dms/protocol';
import type { Feed } from '../feed/feed.ts';
import type { LogPage, LogPages } from '../feed/log-pages.ts';
import { type Chunk, continueFrom, currentOf, frameChunk, PAGE_CHUNK, RING_CHUNK, ringAfter } from './catch-up.ts';
import { createCompressedLogs } from './compressed-logs.ts';
import { type CatchingUp, type Connection, type Transport, tellPosition } from './connection.ts';
import { createFilterIndex } from './filter-index.ts';
import { createRotation, type Rotation } from './rotation.ts';
import type { SharedLog, Slice } from './shared-log.ts';

/** All shared logs together; one log keeps at least `MIN_LOG_BYTES`. Older frames are still in the ring and the database. */
const MAX_SHARED_BYTES = 64 * 1024 * 1024;
const MIN_LOG_BYTES = 16 * 1024;
/** How long one turn may hold the event loop. Short turns keep it free; under load later clients get newer events for it. */
const TURN_MS = 2;
/** Live connections served for each step of a connection that catches up, so that replay stays below live. */
const LIVE_VISITS_PER_CATCH_UP = 32;

export interface HubCounters {
  /** `socket.write`s, the events they carried and their bytes. */
  writes: number;
  writtenFrames: number;
  writtenBytes: number;
  /** Connections dropped because their place in the log was lost while they lagged. */
  lost: number;
}

/** The fan-out (DESIGN §6): every event is framed once per filter, connections only move along. Replay, live, catching up
 *  after a slow spell and resuming are the same loop. */
export interface Hub {
  readonly connections: ReadonlySet<Connection>;
  readonly counters: Readonly<HubCounters>;
  /** Begins sending after `cursor`. Call in the same synchronous step that decided on `cursor`, after writing HELLO. */
  join(id: string, transport: Transport, filter: Filter, cursor: Position): Connection;
  /** Stops sending; the transport is left alone. Calling it again does nothing. */
  leave(connection: Connection): void;
  /** Says why (op 103), closes and leaves. */
  drop(connection: Connection, code: number, name: string, message: string): void;
  /** Replaces the filter in place; returns the position after which the new one applies. */
  resubscribe(connection: Connection, filter: Filter): Position;
  /** The peer takes bytes again. */
  resume(connection: Connection): void;
  applied(events: readonly EncodedEvent[]): void;
  purged(throughSeq: number): void;
  dropAll(code: number, name: string, message: string): void;
}

export interface HubDeps {
  /** Late binding: the feed reports to the hub, and the hub reads from the feed. */
  readonly feed: () => Pick<Feed, 'last' | 'ring' | 'generation'>;
  readonly pages: LogPages;
  /** Every connection that takes bytes has everything. */
  readonly settled?: () => void;
  /** Runs a turn soon; `setImmediate` in production. */
  readonly defer?: (turn: () => void) => void;
}

const catchingUp = ({ term, seq }: Position, isOnFeed: boolean): CatchingUp => ({
  kind: 'catching-up',
  cursor: { term, seq },
  isReading: false,
  page: null,
  isOnFeed,
});

export function createHub({ feed, pages, settled, defer = setImmediate }: HubDeps): Hub {
  const connections = new Set<Connection>();
  const index = createFilterIndex(() => feed().last);
  const counters: HubCounters = { writes: 0, writtenFrames: 0, writtenBytes: 0, lost: 0 };
  const behind: Connection[] = [];
  let isTurnDue = false;

  const write = (connection: Connection, { bytes, frames }: Slice): void => {
    connection.transport.writeFrames(bytes);
    counters.writes += 1;
    counters.writtenFrames += frames;
    counters.writtenBytes += bytes.length;
  };

  /** Gives a live connection everything it lacks. */
  const pumpLive = (connection: Connection): void => {
    const { place } = connection;
    if (place.kind !== 'live') return;
    while (!connection.transport.isBlocked) {
      const slice = place.log.sliceAt(place.offset);
      if (slice === null) return;
      write(connection, slice);
      place.offset += slice.bytes.length;
    }
  };

  const rotation: Rotation = createRotation(pumpLive);
  const compressed = createCompressedLogs(rotation);

  const stopReading = (connection: Connection): void => {
    if (connection.place.kind === 'live') rotation.remove(connection.place.log, connection);
    compressed.forget(connection);
  };

  const schedule = (): void => {
    if (isTurnDue) return;
    isTurnDue = true;
    defer(turn);
  };

  const queueCatchUp = (connection: Connection): void => {
    if (connection.isQueued) return;
    connection.isQueued = true;
    behind.push(connection);
    schedule();
  };

  const goLive = (connection: Connection, cursor: Position): void => {
    const { log } = connection;
    connection.place = { kind: 'live', log, offset: log.offsetAfter(cursor.seq) };
    rotation.add(log, connection);
    compressed.welcome(connection);
    pumpLive(connection);
    if (!connection.transport.isBlocked) connection.transport.caughtUp?.();
  };

  const drop = (connection: Connection, code: number, name: string, message: string): void => {
    connection.transport.sendError(name, message);
    connection.transport.close(code, name);
    leave(connection);
  };

  const send = (connection: Connection, place: CatchingUp, chunk: Chunk): void => {
    place.cursor = chunk.cursor;
    if (chunk.slice !== null) write(connection, chunk.slice);
    queueCatchUp(connection);
  };

  const readPage = async (connection: Connection, place: CatchingUp): Promise<void> => {
    try {
      const page = await pages.around(place.cursor.seq, feed().last.seq);
      // Left, resubscribed or dropped by a divergence in the meantime: this read belongs to nobody.
      if (connection.place !== place) return;
      place.isReading = false;
      sendPage(connection, place, page);
    } catch {
      drop(
        connection,
        CloseCode.TryAgainLater,
        'log_unavailable',
        'The log cannot be read now; your position stays valid.',
      );
    }
  };

  /** Sends what fits of a page, and keeps the rest of it for the next step. */
  const sendPage = (connection: Connection, place: CatchingUp, page: LogPage): void => {
    place.page = null;
    const { ring } = feed();
    // A delete may have come and left the ring again since: only a fresh page is sure to be without its content.
    if (ring.firstSeq > page.askedAtSeq + 1) return queueCatchUp(connection);
    const verdict = continueFrom(page.events, place.cursor, ring);
    if (verdict.kind === 'lost') {
      counters.lost += 1;
      drop(connection, CloseCode.ServiceRestart, 'position_lost', 'Resume with your position to learn what is left.');
      return;
    }
    place.isOnFeed = verdict.isOnFeed;
    const chunk = frameChunk(currentOf(verdict.events, ring), connection.log, place.cursor, PAGE_CHUNK);
    if (chunk.cursor.seq < (verdict.events.at(-1)?.seq ?? 0)) place.page = page;
    send(connection, place, chunk);
  };

  /** One chunk for a connection that catches up, or the switch to live: decided without an await in between. */
  const step = (connection: Connection): void => {
    const { place, log } = connection;
    if (place.kind !== 'catching-up' || place.isReading || connection.transport.isBlocked) return;
    if (place.isOnFeed) {
      if (place.cursor.seq >= log.floor.seq) return goLive(connection, place.cursor);
      const chunk = frameChunk(ringAfter(feed().ring, place.cursor.seq), log, place.cursor, RING_CHUNK);
      if (chunk.cursor.seq > place.cursor.seq) return send(connection, place, chunk);
    }
    if (place.page !== null) return sendPage(connection, place, place.page);
    place.isReading = true;
    void readPage(connection, place);
  };

  const stepNextBehind = (): boolean => {
    const connection = behind.shift();
    if (connection === undefined) return false;
    connection.isQueued = false;
    step(connection);
    return true;
  };

  const turn = (): void => {
    isTurnDue = false;
    const deadline = performance.now() + TURN_MS;
    let hasMore = true;
    while (hasMore && performance.now() < deadline) {
      const isLiveLeft = rotation.visit(LIVE_VISITS_PER_CATCH_UP);
      hasMore = stepNextBehind() || isLiveLeft;
    }
    if (hasMore) schedule();
    else settled?.();
  };

  /** Connections below the new floor go on from ring or database, where purged content is already blank. */
  const raiseFloor = (log: SharedLog, seq: number): void => {
    const floorOffset = log.offsetAfter(seq);
    const below: Connection[] = [];
    for (const connection of rotation.members(log)) {
      const { place } = connection;
      if (place.kind !== 'live' || place.offset >= floorOffset) continue;
      connection.place = catchingUp(log.positionAt(place.offset), true);
      below.push(connection);
    }
    // Only now: removing one may pump another, which must not be sent what lies below the new floor.
    for (const connection of below) {
      rotation.remove(log, connection);
      compressed.forget(connection);
      queueCatchUp(connection);
    }
    log.raiseFloor(seq);
  };

  /** The log has a new event: its readers are owed a visit, and it may hold too much now. */
  const announce = (log: SharedLog, maxBytes: number): void => {
    rotation.wake(log);
    const excess = log.seqToFree(maxBytes);
    if (excess !== null) raiseFloor(log, excess);
  };

  const leave = (connection: Connection): void => {
    if (!connections.delete(connection)) return;
    stopReading(connection);
    connection.place = { kind: 'closed' };
    index.release(connection.log);
  };

  return {
    connections,
    counters,
    join(id, transport, filter, cursor) {
      const place = catchingUp(cursor, true);
      const connection: Connection = {
        id,
        transport,
        log: index.acquire(filter, transport.framing),
        place,
        told: cursor,
        isQueued: false,
      };
      connections.add(connection);
      queueCatchUp(connection);
      return connection;
    },
    leave,
    drop,
    resubscribe(connection, filter) {
      const effectiveAfter = tellPosition(connection, feed().last);
      const isOnFeed = connection.place.kind !== 'catching-up' || connection.place.isOnFeed;
      stopReading(connection);
      index.release(connection.log);
      connection.log = index.acquire(filter, connection.transport.framing);
      connection.place = catchingUp(effectiveAfter, isOnFeed);
      queueCatchUp(connection);
      return effectiveAfter;
    },
    resume(connection) {
      if (connection.place.kind === 'live') pumpLive(connection);
      else queueCatchUp(connection);
    },
    applied(events) {
      const nowMs = performance.now();
      const budget = Math.max(MIN_LOG_BYTES, MAX_SHARED_BYTES / Math.max(1, index.size + compressed.size));
      for (const event of events) {
        for (const log of index.interested(event)) {
          const twin = compressed.append(log, event, nowMs);
          log.append(event);
          announce(log, budget);
          if (twin !== null) announce(twin, budget);
        }
      }
      schedule();
    },
    purged(throughSeq) {
      for (const log of [...index.all(), ...compressed.all()]) {
        if (throughSeq > log.floor.seq) raiseFloor(log, throughSeq);
      }
      compressed.startOver();
    },
    dropAll(code, name, message) {
      for (const connection of [...connections]) drop(connection, code, name, message);
    },
  };
}
