import type { TimelineEvent } from './timeline.ts';

/** Events that a page asked for before may still lack. Older ones are forgotten: such a page is asked for again. */
const MAX_EVENTS = 5_000;

/** The newest events of the stream, without holes. */
export interface Journal {
  /** Everything after this seq is here; 0 before the first start. */
  readonly start: number;
  add(event: TimelineEvent): void;
  after(seq: number): readonly TimelineEvent[];
  /** Empty, and complete from `seq` on. */
  restart(seq: number): void;
}

export function createJournal(maxEvents = MAX_EVENTS): Journal {
  let events: TimelineEvent[] = [];
  let start = 0;
  return {
    get start() {
      return start;
    },
    add(event) {
      events.push(event);
      if (events.length < 2 * maxEvents) return;
      const forgotten = events.splice(0, maxEvents);
      start = forgotten.at(-1)?.s ?? start;
    },
    after: (seq) => events.filter(({ s }) => s > seq),
    restart(seq) {
      events = [];
      start = seq;
    },
  };
}
