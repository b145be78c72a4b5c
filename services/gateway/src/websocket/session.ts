import {
  CloseCode,
  createFilter,
  describeFilter,
  heartbeatAckFrame,
  type Position,
  parseClientFrame,
  parseFilterObject,
  reconnectFrame,
  subscribedFrame,
} from '@dms/protocol';
import type { GrantedKey } from '../access/keys.ts';
import { type Connection, sendPosition, type Transport, tellPosition } from '../fan-out/connection.ts';
import type { Hub } from '../fan-out/hub.ts';
import { admitInbound, checkLiveness, type LivenessLimits, noteBlocked, type Vitals } from '../fan-out/liveness.ts';
import { passTenure, type Tenure } from '../fan-out/tenure.ts';
import { listProblems } from '../http/problem.ts';

/** A transport whose peer talks back. */
export interface SocketTransport extends Transport {
  /** One text message. */
  sendText(text: string): void;
  ping(): void;
  /** What the server closed with; null = it did not. */
  readonly closeCode: number | null;
}

/** A WebSocket client after HELLO: its connection, its pulse, how long it may stay, the key that opened the door, and its place
 *  among all connections. */
export interface Session {
  readonly connection: Connection;
  readonly transport: SocketTransport;
  readonly vitals: Vitals;
  readonly key: GrantedKey;
  readonly tenure: Tenure;
  readonly place: { release(): void };
}

export interface SessionContext {
  readonly hub: Pick<Hub, 'drop' | 'resubscribe'>;
  readonly feed: { readonly last: Position };
  readonly limits: LivenessLimits;
  /** How long a client that was asked to move may take. */
  readonly moveGraceMs: number;
}

/** Notes a sign of life. Every frame counts, pings and pongs too: each costs the server a read and maybe an answer. False when
 *  the peer sent too many and was dropped. */
export function hearFrom({ connection, vitals }: Session, nowMs: number, { hub, limits }: SessionContext): boolean {
  vitals.heardAtMs = nowMs;
  if (admitInbound(vitals, nowMs, limits)) return true;
  hub.drop(connection, CloseCode.RateLimited, 'rate_limited', 'Too many frames in one minute');
  return false;
}

/** Answers one frame of a client. Whatever it sends, only its own connection is affected. */
export function receiveFrame(session: Session, text: string | null, nowMs: number, context: SessionContext): void {
  const { connection } = session;
  const { hub } = context;
  if (!hearFrom(session, nowMs, context)) return;
  const result =
    text === null ? ({ kind: 'malformed', detail: 'frames must be text' } as const) : parseClientFrame(text);
  if (result.kind === 'malformed') return hub.drop(connection, CloseCode.Malformed, 'malformed', result.detail);
  if (result.kind === 'unknown-op') {
    return hub.drop(connection, CloseCode.UnknownOp, 'unknown_op', `op ${result.op} is not known`);
  }
  if (result.frame.op === 1) {
    return session.transport.sendText(heartbeatAckFrame(tellPosition(connection, context.feed.last)));
  }
  subscribe(session, result.frame.d, hub);
}

function subscribe({ connection, transport, key }: Session, input: unknown, hub: SessionContext['hub']): void {
  const parsed = parseFilterObject(input ?? {});
  if (!parsed.ok) {
    const detail = listProblems(parsed.problems).map((problem) => `${problem.parameter} ${problem.detail}`);
    return hub.drop(connection, CloseCode.BadFilter, 'bad_filter', detail.join('; '));
  }
  const filter = createFilter(parsed.value, key.channels);
  transport.sendText(subscribedFrame(describeFilter(filter), hub.resubscribe(connection, filter)));
}

/** Asks a client to open its new connection first (op 7). Its place is free from now on: at a cap, the new one could not be opened
 *  before this one is closed. */
export function moveSession(session: Session, afterMs: number, reason: 'drain' | 'max_age'): void {
  session.transport.sendText(reconnectFrame(afterMs, reason));
  session.place.release();
}

/** Once a second: pings, positions, the end of peers that neither read nor answer, and of those that have been here for long. */
export function sweepSession(session: Session, nowMs: number, context: SessionContext): void {
  const { hub, feed, limits } = context;
  const { connection, transport, vitals, tenure } = session;
  const due = passTenure(tenure, nowMs, context.moveGraceMs);
  if (due === 'ask') moveSession(session, 0, 'max_age');
  if (due === 'end') {
    return hub.drop(connection, CloseCode.ServiceRestart, 'max_age', 'Open for long enough; resume with your position');
  }
  noteBlocked(vitals, transport.isBlocked, nowMs);
  const action = checkLiveness(vitals, nowMs, limits);
  if (action === 'ping') {
    vitals.pingedAtMs = nowMs;
    transport.ping();
  } else if (action === 'send-position') {
    vitals.positionSentAtMs = nowMs;
    sendPosition(connection, feed.last);
  } else if (action === 'close-silent') {
    hub.drop(connection, CloseCode.HeartbeatTimeout, 'heartbeat_timeout', 'No answer to a ping');
  } else if (action === 'close-stalled') {
    hub.drop(connection, CloseCode.TooSlow, 'too_slow', 'Neither reading nor answering; resume with your position');
    // Its socket is full: the goodbye would wait behind everything it did not read.
    transport.terminate();
  }
}
