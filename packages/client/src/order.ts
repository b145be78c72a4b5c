import type { Position } from '@dms/protocol/vocabulary';

/** `repeat`: already seen, drop it. `disorder`: not the log we were following; only the server can tell what happened. */
export type Order = 'next' | 'repeat' | 'disorder';

/** Compares an event with the last one received. Under a filter seqs may be skipped, but they always grow, and terms never fall. */
export function judgeOrder(last: Position, event: Position): Order {
  if (event.seq > last.seq) return event.term >= last.term ? 'next' : 'disorder';
  return event.term <= last.term ? 'repeat' : 'disorder';
}
