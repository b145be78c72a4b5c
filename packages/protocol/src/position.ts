/** A place in the log: the event `(term, seq)`, or the empty beginning `0:0`. A term is unique for ever, so the pair names
 *  at most one event, also across commits that a database later lost. Both are integers below 2^53. */
export interface Position {
  readonly term: number;
  readonly seq: number;
}

/** Before the first event. A log that has never been written is here, whatever term its writer holds. */
export const LOG_START: Position = { term: 0, seq: 0 };

const POSITION_PATTERN = /^(0|[1-9]\d{0,15}):(0|[1-9]\d{0,15})$/;

/** The wire form `"term:seq"`. Clients treat it as opaque. */
export function formatPosition(position: Position): string {
  return `${position.term}:${position.seq}`;
}

/** Returns null for anything but the canonical wire form; never throws. */
export function parsePosition(text: string): Position | null {
  const match = POSITION_PATTERN.exec(text);
  if (match === null) return null;
  const term = Number(match[1]);
  const seq = Number(match[2]);
  if (!Number.isSafeInteger(term) || !Number.isSafeInteger(seq)) return null;
  return { term, seq };
}

export function isSamePosition(a: Position, b: Position): boolean {
  return a.seq === b.seq && a.term === b.term;
}
