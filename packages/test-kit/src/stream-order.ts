import type { DispatchFrame } from './server-frame.ts';
import { positionOf } from './server-frame.ts';

/** Checks I5 from the outside: seqs strictly increase, terms never decrease, nothing comes at or before the start. */
export interface StreamOrder {
  /** What was wrong so far, in words; empty = nothing. */
  readonly violations: readonly string[];
  /** A new beginning, announced by the server: what comes next must be after it. */
  startAt(position: string): void;
  check(frame: DispatchFrame): void;
}

export function createStreamOrder(): StreamOrder {
  const violations: string[] = [];
  let last = { term: 0, seq: 0 };
  return {
    violations,
    startAt(position) {
      last = positionOf(position);
    },
    check(frame) {
      const position = positionOf(frame.p);
      if (position.seq === last.seq) violations.push(`event ${frame.p} came twice`);
      else if (position.seq < last.seq) violations.push(`event ${frame.p} came after ${last.term}:${last.seq}`);
      if (position.term < last.term) violations.push(`term fell from ${last.term} to ${position.term} at ${frame.p}`);
      last = position;
    },
  };
}
