import { type EncodedEvent, encodeEvent } from '@dms/broker';
import type { LogReader } from '@dms/event-log';

/** Connections that need the same stretch share one read; reads of different stretches wait for one of these slots (I9). */
const MAX_CONCURRENT_READS = 4;
const BLOCK_EVENTS = 500;
/** A whole block after the one that holds the cursor, so that every read makes progress by at least a block. */
const READ_EVENTS = 2 * BLOCK_EVENTS;

export interface LogPage {
  readonly events: readonly EncodedEvent[];
  /** The feed's newest seq when the page was asked for: what was deleted since may still show its content here. */
  readonly askedAtSeq: number;
}

/** Reads of the log below the ring, for connections that are far behind. */
export interface LogPages {
  /** Events from at or before `seq` on, ascending, at least one block beyond `seq` unless the log ends earlier. Nothing is
   *  kept once read: a stretch may be blanked by a delete at any time. */
  around(seq: number, newestSeq: number): Promise<LogPage>;
}

export function createLogPages(log: Pick<LogReader, 'read'>): LogPages {
  const inFlight = new Map<number, Promise<LogPage>>();
  const waiting: (() => void)[] = [];
  let running = 0;

  const readBlock = async (block: number, askedAtSeq: number): Promise<LogPage> => {
    if (running >= MAX_CONCURRENT_READS) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    try {
      const rows = await log.read(block * BLOCK_EVENTS, READ_EVENTS);
      return { events: rows.map(encodeEvent), askedAtSeq };
    } finally {
      running -= 1;
      inFlight.delete(block);
      waiting.shift()?.();
    }
  };

  return {
    around(seq, newestSeq) {
      const block = Math.floor(seq / BLOCK_EVENTS);
      const shared = inFlight.get(block) ?? readBlock(block, newestSeq);
      inFlight.set(block, shared);
      return shared;
    },
  };
}
