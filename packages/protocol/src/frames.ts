import { z } from 'zod';
import type { FilterInput } from './filter.ts';
import { PROTOCOL_VERSION } from './limits.ts';
import { Opcode } from './opcode.ts';
import { formatPosition, type Position } from './position.ts';

/** `too_old`: the position was pruned. `diverged`: the log that named it is gone. Null: continuing, or nothing was asked. */
export type ResetReason = 'too_old' | 'diverged' | null;

export interface Hello {
  readonly connectionId: string;
  readonly position: Position;
  /** The earliest position a client can still resume from. */
  readonly oldest: Position;
  readonly resumed: boolean;
  readonly reason: ResetReason;
  readonly heartbeatIntervalMs: number;
  readonly limits: Readonly<Record<string, number>>;
}

export const helloFrame = (hello: Hello): string =>
  JSON.stringify({
    op: Opcode.Hello,
    d: {
      v: PROTOCOL_VERSION,
      connection_id: hello.connectionId,
      position: formatPosition(hello.position),
      oldest: formatPosition(hello.oldest),
      resumed: hello.resumed,
      reason: hello.reason,
      heartbeat_interval: hello.heartbeatIntervalMs,
      limits: hello.limits,
    },
  });

export const positionFrame = (position: Position, headSeq: number): string =>
  `{"op":100,"p":"${formatPosition(position)}","head":${headSeq}}`;

export const heartbeatAckFrame = (position: Position): string => `{"op":11,"p":"${formatPosition(position)}"}`;

/** `effective_after`: frames up to this position were chosen by the old filter, later ones by the new. */
export const subscribedFrame = (filter: FilterInput, effectiveAfter: Position): string =>
  JSON.stringify({ op: Opcode.Subscribed, d: { filter, effective_after: formatPosition(effectiveAfter) } });

/** Asks the client to open a new socket with its position first, `afterMs` from now, and only then to drop this one. */
export const reconnectFrame = (afterMs: number, reason: 'drain' | 'rebalance' | 'max_age'): string =>
  JSON.stringify({ op: Opcode.Reconnect, d: { after_ms: afterMs, reason } });

/** Precedes every close by the server. `code` is stable snake_case; `message` is for people. */
export const errorFrame = (code: string, message: string, retryAfterMs: number): string =>
  JSON.stringify({ op: Opcode.Error, d: { code, message, retry_after_ms: retryAfterMs } });

export type ClientFrame =
  | { readonly op: typeof Opcode.Heartbeat }
  | { readonly op: typeof Opcode.Subscribe; readonly d: unknown };

export type ClientFrameResult =
  | { readonly kind: 'frame'; readonly frame: ClientFrame }
  | { readonly kind: 'unknown-op'; readonly op: number }
  | { readonly kind: 'malformed'; readonly detail: string };

const envelopeSchema = z.object({ op: z.int(), d: z.unknown().optional() });

/** Never throws: a client may send anything. The filter inside SUBSCRIBE is validated by `parseFilterObject`. */
export function parseClientFrame(text: string): ClientFrameResult {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: 'malformed', detail: 'a frame must be one JSON object' };
  }
  const envelope = envelopeSchema.safeParse(json);
  if (!envelope.success) return { kind: 'malformed', detail: 'a frame must be an object with an integer "op"' };
  const { op, d } = envelope.data;
  if (op === Opcode.Heartbeat) return { kind: 'frame', frame: { op } };
  if (op === Opcode.Subscribe) return { kind: 'frame', frame: { op, d } };
  return { kind: 'unknown-op', op };
}
