import {
  type EventRoute,
  LOG_START,
  type LogEvent,
  type Position,
  purgedPayload,
  type ResetReason,
  type Since,
} from '@dms/protocol';

/** A log in memory that can lose its past on purpose. Events are 1, 2, 3 … without holes. */
export interface TestLog {
  readonly head: Position;
  /** The earliest position that can be resumed. */
  readonly oldest: Position;
  append(route: EventRoute, payload: string, nowMs: number): LogEvent;
  /** Blanks what earlier events say of a message, as a delete does. */
  purge(messageId: string): void;
  after(seq: number): readonly LogEvent[];
  /** Where a stream begins that asked for `since`. */
  attach(since: Since): { readonly position: Position; readonly resumed: boolean; readonly reason: ResetReason };
  /** Every position but the newest is too old from now on. */
  prune(): void;
  /** As after a database was replaced: every position given so far names another log. */
  diverge(): void;
}

export function createTestLog(): TestLog {
  let term = 1;
  /** Seq of the newest event that is gone. */
  let prunedSeq = 0;
  let events: { readonly event: LogEvent; readonly atMs: number }[] = [];
  const positionOf = (seq: number): Position => (seq === 0 ? LOG_START : { term, seq });
  const headSeq = (): number => prunedSeq + events.length;

  return {
    get head() {
      return positionOf(headSeq());
    },
    get oldest() {
      return positionOf(prunedSeq);
    },
    append(route, payload, nowMs) {
      const event = { ...route, term, seq: headSeq() + 1, payload };
      events.push({ event, atMs: nowMs });
      return event;
    },
    purge(messageId) {
      events = events.map(({ event, atMs }) => {
        if (event.messageId !== messageId || event.type === 'MESSAGE_DELETE') return { event, atMs };
        return { event: { ...event, payload: purgedPayload(event, 'live') }, atMs };
      });
    },
    after: (seq) => events.slice(Math.max(0, seq - prunedSeq)).map(({ event }) => event),
    attach(since) {
      const start = (seq: number) => ({ position: positionOf(seq), resumed: false, reason: null });
      if (since.kind === 'latest') return start(headSeq());
      if (since.kind === 'all') return start(prunedSeq);
      if (since.kind === 'time') {
        const index = events.findIndex(({ atMs }) => atMs >= since.timeMs);
        return start(index === -1 ? headSeq() : prunedSeq + index);
      }
      const asked = since.position;
      const isOurs = asked.seq <= headSeq() && (asked.seq === 0 || asked.term === term);
      if (!isOurs) return { ...start(headSeq()), reason: 'diverged' };
      if (asked.seq < prunedSeq) return { ...start(headSeq()), reason: 'too_old' };
      return { position: asked, resumed: true, reason: null };
    },
    prune() {
      prunedSeq = headSeq();
      events = [];
    },
    diverge() {
      term += 1;
      events = events.map(({ event, atMs }) => ({ event: { ...event, term }, atMs }));
    },
  };
}
