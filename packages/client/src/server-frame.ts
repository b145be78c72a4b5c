import { Opcode, type Position, parsePosition } from '@dms/protocol/vocabulary';
import type { StreamEvent } from './stream-event.ts';

/** A frame of the server, checked as far as the client relies on it. */
export type ServerFrame =
  | { readonly kind: 'hello'; readonly position: Position; readonly resumed: boolean; readonly reason: string | null }
  | { readonly kind: 'event'; readonly event: StreamEvent; readonly position: Position }
  | { readonly kind: 'position'; readonly position: Position; readonly head: number }
  | { readonly kind: 'reconnect'; readonly afterMs: number }
  | { readonly kind: 'error'; readonly message: string; readonly retryAfterMs: number }
  /** An op this version does not know or need. */
  | { readonly kind: 'other' }
  | { readonly kind: 'malformed' };

type JsonObject = Readonly<Record<string, unknown>>;

const MALFORMED = { kind: 'malformed' } as const;

/** Never throws: whatever a server sends is one of the kinds above. */
export function parseServerFrame(data: unknown): ServerFrame {
  const frame = parseObject(data);
  if (frame === null) return MALFORMED;
  const { op, d, p, head } = frame;
  if (op === Opcode.Dispatch) {
    return isEvent(frame) ? withPosition(p, (position) => ({ kind: 'event', position, event: frame })) : MALFORMED;
  }
  if (op === Opcode.Position) {
    return withPosition(p, (position) => ({
      kind: 'position',
      position,
      head: typeof head === 'number' ? head : position.seq,
    }));
  }
  if (op === Opcode.Hello && isObject(d)) {
    const { resumed, reason } = d;
    return withPosition(d.position, (position) => ({
      kind: 'hello',
      position,
      resumed: resumed === true,
      reason: typeof reason === 'string' ? reason : null,
    }));
  }
  if (op === Opcode.Reconnect && isObject(d)) return { kind: 'reconnect', afterMs: millisecondsOf(d.after_ms) };
  if (op === Opcode.Error && isObject(d)) {
    const message = typeof d.message === 'string' ? d.message : '';
    return { kind: 'error', message, retryAfterMs: millisecondsOf(d.retry_after_ms) };
  }
  return typeof op === 'number' ? { kind: 'other' } : MALFORMED;
}

/** What a payload holds is the server's word. */
function isEvent(frame: object): frame is StreamEvent {
  const { t, s, d }: { t?: unknown; s?: unknown; d?: unknown } = frame;
  return typeof t === 'string' && typeof s === 'number' && isObject(d);
}

function withPosition(text: unknown, make: (position: Position) => ServerFrame): ServerFrame {
  const position = typeof text === 'string' ? parsePosition(text) : null;
  return position === null ? MALFORMED : make(position);
}

function parseObject(data: unknown): JsonObject | null {
  if (typeof data !== 'string') return null;
  try {
    const json: unknown = JSON.parse(data);
    return isObject(json) ? json : null;
  } catch {
    return null;
  }
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const millisecondsOf = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? Math.max(0, value) : 0;
