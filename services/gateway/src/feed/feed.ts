import { type Broker, type EncodedEvent, encodeEvent } from '@dms/broker';
import type { LogReader } from '@dms/event-log';
import { isSamePosition, LOG_START, type LogEvent, type Position } from '@dms/protocol';
import { createRing, DEFAULT_RING_LIMITS, isPurging, type Ring, type RingLimits } from './ring.ts';

/** Rows of one overlap read. */
const SYNC_PAGE_EVENTS = 512;
/** Hints kept while booting; what does not fit is healed by the next sync. */
const MAX_BUFFERED_HINTS = 4_096;

export interface FeedListener {
  /** New events, ascending, directly after the ones before. */
  applied(events: readonly EncodedEvent[]): void;
  /** A message was deleted, or somebody taken out of it: content of events up to `throughSeq` that is held outside the ring may not be sent any more. */
  purged(throughSeq: number): void;
  /** The log no longer contains what we sent: every connection must start over from its position. */
  diverged(): void;
}

/** One ordered, gap-free, duplicate-free view of the end of the log per process (DESIGN §4, I4). Fed by broker hints and
 *  proven by overlap reads, so a dead, wiped, stale or repeating broker costs at most one tick (I7). */
export interface Feed {
  /** The newest event held; `LOG_START` when the log is empty. */
  readonly last: Position;
  readonly ring: Ring;
  /** What a client can resume from at the earliest; refreshed at boot and by `refreshOldest`. */
  readonly oldest: Position;
  readonly isReady: boolean;
  /** Why the last read failed; null while everything is well. */
  readonly failure: string | null;
  /** Grows whenever what was sent before may not continue: an attach that awaited across it must start over. */
  readonly generation: number;
  readonly counters: {
    readonly hints: number;
    readonly heals: number;
    readonly divergences: number;
    readonly malformed: number;
  };
  /** Subscribes and loads the newest events. Never rejects: `tick` tries again. */
  start(): Promise<void>;
  /** Call every second: proves continuity, delivers what a lost hint left behind, finishes a failed boot. */
  tick(): Promise<void>;
  /** One overlap read that begins after this call. False when the log could not be read. */
  sync(): Promise<boolean>;
  refreshOldest(): Promise<void>;
}

export interface FeedDeps {
  readonly log: Pick<LogReader, 'read' | 'tail' | 'oldest'>;
  readonly broker: Pick<Broker, 'subscribe'>;
  readonly listener: FeedListener;
  readonly ringLimits?: RingLimits;
}

export function createFeed({ log, broker, listener, ringLimits = DEFAULT_RING_LIMITS }: FeedDeps): Feed {
  const ring = createRing(ringLimits);
  const counters = { hints: 0, heals: 0, divergences: 0, malformed: 0 };
  let last: Position = LOG_START;
  let oldest: Position = LOG_START;
  let isReady = false;
  let failure: string | null = null;
  let generation = 0;
  let bufferedHints: EncodedEvent[] = [];
  let booting: Promise<void> | null = null;
  let syncing: Promise<boolean> | null = null;
  let nextSync: Promise<boolean> | null = null;
  let subscription: Promise<void> | null = null;

  const apply = (events: readonly EncodedEvent[]): void => {
    const newest = events.at(-1);
    if (newest === undefined) return;
    for (const event of events) ring.push(event);
    last = { term: newest.term, seq: newest.seq };
    listener.applied(events);
    for (const event of events) {
      if (event.messageId === null || !isPurging(event)) continue;
      const purged = ring.purge(event.messageId, event.seq);
      // Events of the message may have left the ring and still be held elsewhere.
      listener.purged(purged.at(-1) ?? ring.firstSeq - 1);
    }
  };

  /** Broker hints: only "next seq, same term" is believed; anything else is a reason to read the log. */
  const receive = (hints: readonly EncodedEvent[]): void => {
    counters.hints += hints.length;
    if (!isReady) {
      if (bufferedHints.length < MAX_BUFFERED_HINTS) bufferedHints.push(...hints);
      return;
    }
    const run: EncodedEvent[] = [];
    let expected = last;
    let isOdd = false;
    for (const hint of hints) {
      if (hint.term === expected.term && hint.seq === expected.seq + 1) {
        run.push(hint);
        expected = hint;
      } else if (hint.term !== expected.term || hint.seq > expected.seq) {
        isOdd = true;
      }
    }
    apply(run);
    if (isOdd) void sync();
  };

  const diverge = (): void => {
    counters.divergences += 1;
    generation += 1;
    isReady = false;
    listener.diverged();
  };

  /** Rows begin at the event we held when the read started. Live hints may have moved `last` on in the meantime, so the newest
   *  row that we hold as well must be the same event; when hints overtook it by more than the ring holds, nobody can tell. */
  const compare = (rows: readonly LogEvent[], anchor: Position): 'continues' | 'diverged' | 'overtaken' => {
    const first = rows[0];
    if (anchor.seq === 0 && first === undefined) return last.seq === 0 ? 'continues' : 'overtaken';
    if (first === undefined || !(anchor.seq === 0 ? first.seq === 1 : isSamePosition(first, anchor))) return 'diverged';
    const overlap = rows.findLast((row) => row.seq <= last.seq);
    if (overlap === undefined || isSamePosition(overlap, last) || isSamePosition(overlap, anchor)) return 'continues';
    const held = ring.get(overlap.seq);
    if (held === undefined) return 'overtaken';
    return held.term === overlap.term ? 'continues' : 'diverged';
  };

  const readOnce = async (): Promise<boolean> => {
    for (;;) {
      const anchor = last;
      const startedIn = generation;
      const rows = await log.read(anchor.seq, SYNC_PAGE_EVENTS);
      if (startedIn !== generation || !isReady) return isReady;
      const verdict = compare(rows, anchor);
      if (verdict === 'diverged') {
        diverge();
        await boot();
        return isReady;
      }
      if (verdict === 'overtaken') continue;
      const missed = rows.filter((row) => row.seq > last.seq);
      counters.heals += missed.length;
      apply(missed.map(encodeEvent));
      if (rows.length < SYNC_PAGE_EVENTS) return true;
    }
  };

  const runSync = async (): Promise<boolean> => {
    try {
      const isSynced = await readOnce();
      if (isSynced) failure = null;
      return isSynced;
    } catch (error) {
      failure = error instanceof Error ? error.message : 'the log could not be read';
      return false;
    }
  };

  const startSync = (): Promise<boolean> => {
    syncing = runSync().finally(() => {
      syncing = null;
    });
    return syncing;
  };

  /** A caller asks about the present, so it never shares a read that began before it asked: it shares the one after. */
  const sync = (): Promise<boolean> => {
    if (syncing === null) return startSync();
    nextSync ??= syncing.then(() => {
      nextSync = null;
      return startSync();
    });
    return nextSync;
  };

  /** After a (re-)subscription or an unreadable hint anything may have been missed. */
  const heal = (): void => {
    if (isReady) void sync();
  };

  const countMalformed = (): void => {
    counters.malformed += 1;
    heal();
  };

  const load = async (): Promise<void> => {
    bufferedHints = [];
    // Subscribed before loading, so that nothing falls between the two; once, because the broker re-subscribes by itself.
    subscription ??= broker.subscribe({ events: receive, subscribed: heal, malformed: countMalformed });
    await subscription;
    const newest = (await log.tail(ringLimits.maxEvents)).map(encodeEvent);
    oldest = await log.oldest();
    const end = newest.at(-1);
    last = end === undefined ? LOG_START : { term: end.term, seq: end.seq };
    ring.reset(newest, last.seq + 1);
    isReady = true;
    const hints = bufferedHints;
    bufferedHints = [];
    receive(hints);
  };

  const boot = (): Promise<void> => {
    booting ??= load()
      .then(
        () => {
          failure = null;
        },
        (error: unknown) => {
          failure = error instanceof Error ? error.message : 'the log could not be read';
        },
      )
      .finally(() => {
        booting = null;
      });
    return booting;
  };

  return {
    get last() {
      return last;
    },
    get oldest() {
      return oldest;
    },
    get isReady() {
      return isReady;
    },
    get failure() {
      return failure;
    },
    get generation() {
      return generation;
    },
    ring,
    counters,
    start: boot,
    async tick() {
      if (!isReady) await boot();
      else if (syncing === null) await sync();
    },
    sync,
    async refreshOldest() {
      oldest = await log.oldest();
    },
  };
}
