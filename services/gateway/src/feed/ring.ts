import { type EncodedEvent, encodeEvent } from '@dms/broker';
import { purgedPayload, REDACTED_MARK } from '@dms/protocol';

export interface RingLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/** DESIGN §4: enough for a reconnect storm to be served without the database. */
export const DEFAULT_RING_LIMITS: RingLimits = { maxEvents: 20_000, maxBytes: 32 * 1024 * 1024 };

/** A contiguous run of the newest events of the log (I4). Oldest events leave when either limit is reached. */
export interface Ring {
  /** Seq of the oldest event held; `nextSeq` when empty. */
  readonly firstSeq: number;
  /** One past the newest event held. */
  readonly nextSeq: number;
  readonly bytes: number;
  get(seq: number): EncodedEvent | undefined;
  /** The caller guarantees that `event` directly follows the newest one held. */
  push(event: EncodedEvent): void;
  /** Starts over with `events`, contiguous and ascending; when empty, the next event is `nextSeq`. */
  reset(events: readonly EncodedEvent[], nextSeq: number): void;
  /** The event as it may be sent now: without content when an event that purges it is held. For events read from the log a
   *  moment ago, which a delete may have overtaken. */
  current(event: EncodedEvent): EncodedEvent;
  /** Replaces the frames of the message's events before `beforeSeq`, but its deletes, by ones without content. Returns their
   *  seqs. */
  purge(messageId: string, beforeSeq: number): readonly number[];
}

/** Every payload ends with its origin (the log writes it last), and the frame with the payload. */
const ORIGIN_AT_END = /,"origin":"([a-z]+)"\}\}$/;
const LONGEST_ENDING_BYTES = 60;

const ORIGIN_START = ',"origin":"';

/** Whether the earlier events of the message have lost their content in the log: it was deleted, or somebody was taken out of
 *  it. */
export function isPurging({ type, messageId, frame }: EncodedEvent): boolean {
  if (messageId === null || (type !== 'MESSAGE_DELETE' && type !== 'MESSAGE_UPDATE')) return false;
  const ending = frame.toString('latin1', Math.max(0, frame.length - LONGEST_ENDING_BYTES));
  return type === 'MESSAGE_DELETE' || ending.slice(0, ending.lastIndexOf(ORIGIN_START)).endsWith(REDACTED_MARK);
}

function blank(event: EncodedEvent): EncodedEvent {
  const ending = event.frame.toString('latin1', Math.max(0, event.frame.length - LONGEST_ENDING_BYTES));
  return encodeEvent({ ...event, payload: purgedPayload(event, ORIGIN_AT_END.exec(ending)?.[1] ?? 'live') });
}

export function createRing(limits: RingLimits = DEFAULT_RING_LIMITS): Ring {
  // A window over an array that is compacted now and then: shift() on 20,000 elements would cost more than the push.
  let events: EncodedEvent[] = [];
  let offset = 0;
  let nextSeq = 1;
  let bytes = 0;
  const seqsByMessage = new Map<string, number[]>();

  const remember = (event: EncodedEvent): void => {
    events.push(event);
    bytes += event.frame.length;
    nextSeq = event.seq + 1;
    if (event.messageId === null) return;
    const seqs = seqsByMessage.get(event.messageId);
    if (seqs === undefined) seqsByMessage.set(event.messageId, [event.seq]);
    else seqs.push(event.seq);
  };

  const forgetOldest = (): void => {
    const oldest = events[offset];
    offset += 1;
    if (oldest === undefined) return;
    bytes -= oldest.frame.length;
    const seqs = oldest.messageId === null ? undefined : seqsByMessage.get(oldest.messageId);
    if (seqs !== undefined && oldest.messageId !== null) {
      seqs.shift();
      if (seqs.length === 0) seqsByMessage.delete(oldest.messageId);
    }
    if (offset > limits.maxEvents) {
      events = events.slice(offset);
      offset = 0;
    }
  };

  const firstSeq = (): number => nextSeq - (events.length - offset);
  const get = (seq: number): EncodedEvent | undefined =>
    seq < firstSeq() ? undefined : events[offset + seq - firstSeq()];

  const push = (event: EncodedEvent): void => {
    remember(event);
    while (events.length - offset > limits.maxEvents || (bytes > limits.maxBytes && events.length - offset > 1)) {
      forgetOldest();
    }
  };

  return {
    get firstSeq() {
      return firstSeq();
    },
    get nextSeq() {
      return nextSeq;
    },
    get bytes() {
      return bytes;
    },
    get,
    push,
    reset(fresh, emptyNextSeq) {
      events = [];
      offset = 0;
      bytes = 0;
      nextSeq = emptyNextSeq;
      seqsByMessage.clear();
      for (const event of fresh) push(event);
    },
    current(event) {
      if (event.messageId === null || event.type === 'MESSAGE_DELETE') return event;
      const seqs = seqsByMessage.get(event.messageId) ?? [];
      const isPurged = seqs.some((seq) => {
        const later = seq > event.seq ? get(seq) : undefined;
        return later !== undefined && isPurging(later);
      });
      return isPurged ? blank(event) : event;
    },
    purge(messageId, beforeSeq) {
      const purged: number[] = [];
      for (const seq of seqsByMessage.get(messageId) ?? []) {
        const event = get(seq);
        if (event === undefined || seq >= beforeSeq || event.type === 'MESSAGE_DELETE') continue;
        const purgedEvent = blank(event);
        bytes += purgedEvent.frame.length - event.frame.length;
        events[offset + seq - firstSeq()] = purgedEvent;
        purged.push(seq);
      }
      return purged;
    },
  };
}
