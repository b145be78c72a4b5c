import { type Position, parsePosition } from '@dms/protocol';

/** What a client reads in a frame; anything it does not need is left out. */
export type ClientView =
  | { readonly op: 'event'; readonly position: Position; readonly payload: string }
  | {
      readonly op: 'hello';
      readonly position: Position;
      readonly isResumed: boolean;
      readonly reason: string | null;
    }
  | { readonly op: 'position'; readonly position: Position }
  | { readonly op: 'subscribed'; readonly position: Position }
  | { readonly op: 'error'; readonly code: string };

const EVENT = /^\{"op":0,"t":"[A-Z_]+","s":(\d+),"p":"([^"]+)","d":(.*)\}$/s;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function positionIn(value: unknown): Position {
  const position = typeof value === 'string' ? parsePosition(value) : null;
  if (position === null) throw new Error(`not a position: ${String(value)}`);
  return position;
}

/** Reads what the gateway under test wrote. @throws for what no client could read. */
export function readFrame(text: string): ClientView {
  const event = EVENT.exec(text);
  if (event !== null) {
    const position = positionIn(event[2]);
    if (String(position.seq) !== event[1]) throw new Error(`s and p disagree: ${text}`);
    return { op: 'event', position, payload: event[3] ?? '' };
  }
  const frame: unknown = JSON.parse(text);
  if (!isRecord(frame)) throw new Error(`not a frame: ${text}`);
  if (frame.op === 100 || frame.op === 11) return { op: 'position', position: positionIn(frame.p) };
  if (!isRecord(frame.d)) throw new Error(`a frame without d: ${text}`);
  if (frame.op === 102) return { op: 'subscribed', position: positionIn(frame.d.effective_after) };
  if (frame.op === 103) return { op: 'error', code: String(frame.d.code) };
  if (frame.op !== 10) throw new Error(`an op no client expects: ${text}`);
  return {
    op: 'hello',
    position: positionIn(frame.d.position),
    isResumed: frame.d.resumed === true,
    reason: typeof frame.d.reason === 'string' ? frame.d.reason : null,
  };
}
