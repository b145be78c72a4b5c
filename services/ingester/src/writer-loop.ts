import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from '@dms/broker';
import {
  type DiscordSession,
  type EventLog,
  FencedError,
  LEASE_MS,
  type LogWriter,
  RENEW_INTERVAL_MS,
  type WriterStatus,
} from '@dms/event-log';
import type { LogEvent } from '@dms/protocol';
import type { Logger } from '@dms/runtime';
import { type CommitTimes, createCommitTimes } from './commit-times.ts';
import type { HopTimes } from './hop-times.ts';
import { createPublishHints } from './publish-hints.ts';
import { reached } from './steps.ts';
import { within } from './within.ts';
import type { Batch, WriteQueue } from './write-queue.ts';
import { createWriterLoopCounters, type WriterLoopCounters } from './writer-loop-counters.ts';

export type { WriterLoopCounters } from './writer-loop-counters.ts';

/** As many as commit within some 20 ms: larger batches are hardly cheaper, measured, and whoever waits behind one waits longer. */
const MAX_BATCH_CHANGES = 250;
/** DESIGN §4: one try a second while idle. Also the pause after an error, so that none is ever repeated in a hot loop. */
const ACQUIRE_INTERVAL_MS = 1_000;
const DRAIN_RETRY_MS = 250;
/** When the lease was refused this long, it cannot be our own old one any more. */
const HELD_ELSEWHERE_MS = LEASE_MS + 1_000;
const RELEASE_TIMEOUT_MS = 2_000;

export interface WriterLoopDeps {
  readonly log: Pick<EventLog, 'acquire'>;
  readonly broker: Pick<Broker, 'publish'>;
  readonly queue: WriteQueue;
  readonly holder: string;
  readonly logger: Logger;
  readonly status: () => WriterStatus;
  /** The lease is held: connect to Discord. Awaited before the first commit of this leadership; a rejection gives it back.
   *  `hasLostCommits`: Discord was told of dispatches that the database has lost since, so its session must not be resumed. */
  readonly onLead: (hasLostCommits: boolean) => Promise<void>;
  /** Somebody else leads, or the end is near: disconnect. Awaited; what it queued meanwhile is committed only at the end. */
  readonly onStepDown: () => Promise<void>;
  /** After each commit, also one that changed nothing. Must not throw. */
  readonly onCommitted?: (events: readonly LogEvent[]) => void;
  readonly hops?: HopTimes;
  /** Discord's session is stored as far as this: it may be acknowledged. Must not throw. */
  readonly onStored?: (session: DiscordSession) => void;
  /** Between two tries to take the lease, and after an error; default 1,000. */
  readonly acquireIntervalMs?: number;
}

export interface WriterLoop {
  readonly counters: Readonly<WriterLoopCounters>;
  readonly commitTimes: Pick<CommitTimes, 'quantiles'>;
  readonly isLeading: boolean;
  /** The newest seq in the log as long as we are its writer; null otherwise. */
  readonly headSeq: number | null;
  /** False from a failure on until the lease is asked for and answered. Being refused it, or fenced, is an answer. */
  readonly isLogReachable: boolean;
  /** `performance.now()` of its latest sign of life: it asked for the lease, committed or renewed, or is about to. */
  readonly turnedAtMs: number;
  /** Runs until aborted, then commits what is queued (for at most `drainMs`) and releases the lease. Never rejects. */
  run(signal: AbortSignal, drainMs: number): Promise<void>;
}

/** Holds the lease and turns the queue into commits: one in flight, the batch is what queued meanwhile (DESIGN §4). Whatever
 *  goes wrong with a commit, the queue is kept and fed again by a new writer: the reducer drops what was stored already. */
export function createWriterLoop(deps: WriterLoopDeps): WriterLoop {
  const { log, broker, queue, logger, acquireIntervalMs = ACQUIRE_INTERVAL_MS } = deps;
  const counters = createWriterLoopCounters();
  const commitTimes = createCommitTimes();
  const publish = createPublishHints({ broker, counters, hops: deps.hops });
  let isLeading = false;
  let isLogReachable = true;
  let turnedAtMs = performance.now();
  /** What is in the log as far as we know: what was there when we took the lease, and what we committed since. */
  let headSeq = 0;
  /** The last one we held. */
  let heldTerm = 0;
  let refusedSinceMs: number | null = null;
  let lastTrouble = '';
  let hasLostCommits = false;
  let storedSession: DiscordSession | null = null;

  const reportTrouble = (event: string, error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    // One line per change of reason: an outage of an hour is one fact, not three thousand.
    if (reason !== lastTrouble) logger.warn(event, { error });
    lastTrouble = reason;
  };

  const acquire = async (): Promise<LogWriter | null> => {
    try {
      reached('lease-asked');
      const writer = await log.acquire(deps.holder);
      isLogReachable = true;
      refusedSinceMs = writer === null ? (refusedSinceMs ?? performance.now()) : null;
      if (writer === null) return null;
      counters.terms += 1;
      lastTrouble = '';
      logger.info('lease acquired', { term: writer.term });
      reached('lease-granted');
      return writer;
    } catch (error) {
      // An unreachable log has no other writer either: keep what is queued, and Discord's session.
      isLogReachable = false;
      refusedSinceMs = null;
      reportTrouble('log cannot be reached, trying again', error);
      return null;
    }
  };

  const isHeldElsewhere = (): boolean =>
    refusedSinceMs !== null && performance.now() - refusedSinceMs > HELD_ELSEWHERE_MS;

  const noteStored = (session: DiscordSession | null): void => {
    if (session === null || session === storedSession) return;
    storedSession = session;
    reached('session-stored');
    deps.onStored?.(session);
  };

  const commit = async (writer: LogWriter, { changes, session }: Batch): Promise<void> => {
    reached('batch-taken');
    const startedMs = performance.now();
    const { events, dropped, deadLettered } = await writer.append(changes, session).catch((error: unknown) => {
      counters.commitFailures += 1;
      throw error;
    });
    reached('batch-committed');
    commitTimes.note(performance.now() - startedMs);
    queue.confirm(changes.length);
    counters.committed += events.length;
    counters.deadLettered += deadLettered;
    counters.dropped += dropped.same + dropped.stale + dropped.deleted + dropped.incomplete;
    if (deadLettered > 0) logger.error('changes refused by the database were put aside', { deadLettered });
    deps.hops?.committed(changes, events);
    headSeq = events.at(-1)?.seq ?? headSeq;
    // In a turn of its own, behind the next statement: the database need not wait while this batch is encoded.
    setImmediate(publish, events);
    noteStored(session);
    deps.onCommitted?.(events);
  };

  /** Returns once aborted; rejects when the writer is lost. */
  const lead = async (writer: LogWriter, signal: AbortSignal): Promise<void> => {
    let renewAtMs = performance.now();
    while (!signal.aborted) {
      turnedAtMs = performance.now();
      const batch = await queue.peek(MAX_BATCH_CHANGES, Math.max(0, renewAtMs - performance.now()), signal);
      if (batch.changes.length > 0) await commit(writer, batch);
      // Commits extend the lease too, but only a renewal tells readers how Discord is doing.
      if (signal.aborted || performance.now() < renewAtMs) continue;
      const status = deps.status();
      // What dispatches without a change say is worth no commit of its own. Stored while connected, it also tells the time at
      // which Discord was last listened to.
      const session = status.discord === 'connected' ? queue.settled : null;
      await writer.renew(status, session);
      noteStored(session);
      renewAtMs = performance.now() + RENEW_INTERVAL_MS;
    }
  };

  const drain = async (writer: LogWriter, deadlineMs: number): Promise<void> => {
    while (queue.size > 0 && performance.now() < deadlineMs) {
      await commit(writer, await queue.peek(MAX_BATCH_CHANGES, 0, AbortSignal.abort()));
    }
    if (queue.size > 0 || queue.settled === storedSession) return;
    await commit(writer, { changes: [], session: queue.settled });
  };

  /** Taking over reads what is stored, which may take longer than a lease lasts. */
  const keepLease = async (writer: LogWriter, task: () => Promise<void>): Promise<void> => {
    const renew = (): void => {
      writer.renew(deps.status(), null).then(
        () => {
          turnedAtMs = performance.now();
        },
        // Whoever lost the lease is told by the first commit.
        () => {},
      );
    };
    const timer = setInterval(renew, RENEW_INTERVAL_MS);
    try {
      await task();
    } finally {
      clearInterval(timer);
    }
  };

  const stepDown = async (event: string): Promise<void> => {
    logger.warn(event, { queued: queue.size });
    isLeading = false;
    await deps.onStepDown();
    queue.clear();
  };

  /** A failover took commits back that Discord was told of: only a fresh session looks up what is missing. What is queued goes
   *  too, because it is newer than the hole and would hide it. */
  const startOver = async ({ acquiredSeq }: LogWriter): Promise<void> => {
    logger.error('the database lost commits, starting a fresh discord session', { committedSeq: headSeq, acquiredSeq });
    isLeading = false;
    hasLostCommits = true;
    await deps.onStepDown();
    queue.clear();
  };

  const run: WriterLoop['run'] = async (signal, drainMs) => {
    let deadlineMs = Number.POSITIVE_INFINITY;
    const startEnding = (): void => {
      deadlineMs = performance.now() + drainMs;
    };
    if (signal.aborted) startEnding();
    signal.addEventListener('abort', startEnding, { once: true });

    const serve = async (writer: LogWriter): Promise<void> => {
      turnedAtMs = performance.now();
      if (writer.acquiredSeq < headSeq) await startOver(writer);
      else if (isLeading && writer.precedingTerm !== heldTerm)
        await stepDown('somebody else led meanwhile, starting anew');
      headSeq = writer.acquiredSeq;
      heldTerm = writer.term;
      if (!isLeading && !signal.aborted) {
        await keepLease(writer, () => deps.onLead(hasLostCommits));
        hasLostCommits = false;
      }
      isLeading = true;
      await lead(writer, signal);
      await deps.onStepDown();
      await drain(writer, deadlineMs);
      await within(RELEASE_TIMEOUT_MS, writer.release());
    };
    // Once aborted, only a leader with something left to commit goes on, and not for ever.
    const goesOn = (): boolean => !signal.aborted || (isLeading && queue.size > 0 && performance.now() < deadlineMs);

    while (goesOn()) {
      turnedAtMs = performance.now();
      const writer = await acquire();
      try {
        if (writer !== null) await serve(writer);
      } catch (error) {
        isLogReachable = error instanceof FencedError;
        reportTrouble('writer lost, the queue is kept and fed again', error);
        // Not awaited, it may hang like what failed. Without it our own lease would have to run out first.
        void writer?.release();
      }
      if (isLeading && isHeldElsewhere()) await stepDown('lease is held elsewhere, standing by');
      if (!goesOn()) break;
      await sleep(
        signal.aborted ? DRAIN_RETRY_MS : acquireIntervalMs,
        undefined,
        signal.aborted ? {} : { signal },
      ).catch(() => undefined);
    }
    signal.removeEventListener('abort', startEnding);
    await deps.onStepDown();
    if (queue.size > 0) logger.error('ending with changes not committed', { queued: queue.size });
    isLeading = false;
  };

  return {
    counters,
    commitTimes,
    get isLeading() {
      return isLeading;
    },
    get headSeq() {
      return isLeading ? headSeq : null;
    },
    get isLogReachable() {
      return isLogReachable;
    },
    get turnedAtMs() {
      return turnedAtMs;
    },
    run,
  };
}
