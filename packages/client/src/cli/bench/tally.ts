import { createSamples, type Samples } from './samples.ts';

/** What all clients of a bench received. */
export interface Tally {
  readonly deliveries: number;
  readonly bytes: number;
  /** Different ones. */
  readonly events: number;
  readonly gaps: number;
  readonly duplicates: number;
  readonly reorders: number;
  /** Discord's time to here, of live messages. */
  readonly latency: Samples;
  /** From the first client that got an event to each. */
  readonly spread: Samples;
  /** One client more; the function takes its frames. */
  follow(): (frame: string) => void;
}

interface Seen {
  readonly atMs: number;
  /** What the first client had before it; null = nothing. */
  readonly previous: number | null;
}

const DISPATCH = /^\{"op":0,"t":"(\w+)","s":(\d+),/;
/** Events that are compared between clients; a client that is further behind is not compared. */
const MAX_SEEN = 200_000;

/** `isWhole`: without a filter every seq must follow the one before. With one, every client must see the same events follow
 *  each other. */
export function createTally(isWhole: boolean, now: { wallMs(): number; ms(): number }): Tally {
  const seen = new Map<number, Seen>();
  const latency = createSamples();
  const spread = createSamples();
  const counts = { deliveries: 0, bytes: 0, events: 0, gaps: 0, duplicates: 0, reorders: 0 };

  const meet = (seq: number, previous: number | null, frame: string): void => {
    const first = seen.get(seq);
    if (first !== undefined) {
      spread.add(now.ms() - first.atMs);
      if (!isWhole && previous !== null && first.previous !== null && previous !== first.previous) counts.gaps += 1;
      return;
    }
    counts.events += 1;
    seen.set(seq, { atMs: now.ms(), previous });
    spread.add(0);
    if (seen.size > MAX_SEEN) for (const oldest of seen.keys()) if (seen.delete(oldest)) break;
    const writtenAtMs = liveMessageTime(frame);
    if (writtenAtMs !== null) latency.add(now.wallMs() - writtenAtMs);
  };

  return {
    get deliveries() {
      return counts.deliveries;
    },
    get bytes() {
      return counts.bytes;
    },
    get events() {
      return counts.events;
    },
    get gaps() {
      return counts.gaps;
    },
    get duplicates() {
      return counts.duplicates;
    },
    get reorders() {
      return counts.reorders;
    },
    latency,
    spread,
    follow() {
      let last: number | null = null;
      return (frame) => {
        const [, , digits] = DISPATCH.exec(frame) ?? [];
        if (digits === undefined) return;
        const seq = Number(digits);
        counts.deliveries += 1;
        counts.bytes += frame.length;
        if (last !== null && seq === last) counts.duplicates += 1;
        else if (last !== null && seq < last) counts.reorders += 1;
        else {
          if (isWhole && last !== null && seq > last + 1) counts.gaps += 1;
          meet(seq, last, frame);
          last = seq;
        }
      };
    },
  };
}

/** When a message was written, if it came live; null for everything else. */
function liveMessageTime(frame: string): number | null {
  if (!frame.startsWith('{"op":0,"t":"MESSAGE_CREATE"')) return null;
  const { d }: { d: { timestamp?: unknown; origin?: unknown } } = JSON.parse(frame);
  const timeMs = d.origin === 'live' && typeof d.timestamp === 'string' ? Date.parse(d.timestamp) : Number.NaN;
  return Number.isNaN(timeMs) ? null : timeMs;
}
