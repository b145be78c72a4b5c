import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { GatewayCloseCodes, GatewayOpcodes } from 'discord-api-types/v10';
import type { WebSocket } from 'ws';
import type { Session } from './session.ts';

const MAX_FRAMES_PER_MINUTE = 120;
const MINUTE_MS = 60_000;
/** A reader this far behind is dropped rather than buffered without end. */
const MAX_UNSENT_BYTES = 256 * 2 ** 20;
/** How many heartbeats of a connection are remembered for the report; older ones are forgotten. */
const MAX_HEARTBEATS_KEPT = 1000;

/** One socket of a client, with what it did so far. */
export interface Connection {
  readonly id: number;
  readonly socket: WebSocket;
  readonly raw: Socket;
  /** True when the client came through the resume_gateway_url. */
  readonly viaResumeUrl: boolean;
  /** Host header of the upgrade: how this client reaches us. */
  readonly host: string;
  readonly openedAtMs: number;
  readonly heartbeats: { readonly atMs: number; readonly sequence: number | null }[];
  session: Session | null;
  sessionId: string | null;
  greeting: 'none' | 'identify' | 'resume';
  sentDispatches: number;
  closedAtMs: number | null;
  closeCode: number | null;
  closedBy: 'simulator' | 'client' | null;
  readonly send: (frame: string) => void;
  readonly sendOp: (op: number, d: unknown) => void;
  /** Closes with the code; 1006 cuts the TCP connection without a close frame. */
  readonly close: (code: number, reason: string) => void;
  /** Counts a received frame; false when it is over 120 in 60 s and the connection was closed with 4008. */
  readonly countFrame: () => boolean;
  /** Restarts the heartbeat deadline. */
  readonly beat: (sequence: number | null) => void;
}

/** Greets the socket with HELLO and enforces its heartbeats: silent for twice the interval means close 4009. */
export function openConnection(
  id: number,
  socket: WebSocket,
  request: IncomingMessage,
  heartbeatIntervalMs: number,
): Connection {
  let frames = 0;
  let windowEndsMs = 0;
  const deadline = setTimeout(
    () => connection.close(GatewayCloseCodes.SessionTimedOut, 'Session timed out.'),
    heartbeatIntervalMs * 2,
  );
  const connection: Connection = {
    id,
    socket,
    raw: request.socket,
    viaResumeUrl: request.url?.startsWith('/resume') ?? false,
    host: request.headers.host ?? 'localhost',
    openedAtMs: Date.now(),
    heartbeats: [],
    session: null,
    sessionId: null,
    greeting: 'none',
    sentDispatches: 0,
    closedAtMs: null,
    closeCode: null,
    closedBy: null,
    send: (frame) => {
      if (socket.readyState !== socket.OPEN) return;
      connection.sentDispatches += 1;
      socket.send(frame);
      if (socket.bufferedAmount > MAX_UNSENT_BYTES) connection.close(1006, '');
    },
    sendOp: (op, d) => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify({ t: null, s: null, op, d }));
    },
    close: (code, reason) => {
      if (connection.closedBy !== null) return;
      connection.closedBy = 'simulator';
      connection.closeCode = code;
      if (code !== 1006) {
        socket.close(code, reason);
        return;
      }
      // What was dispatched before the cut is on its way: gathered writes must not be lost with the socket.
      while (request.socket.writableCorked > 0) request.socket.uncork();
      socket.terminate();
    },
    countFrame: () => {
      const nowMs = Date.now();
      if (nowMs >= windowEndsMs) {
        frames = 0;
        windowEndsMs = nowMs + MINUTE_MS;
      }
      frames += 1;
      if (frames <= MAX_FRAMES_PER_MINUTE) return true;
      connection.close(GatewayCloseCodes.RateLimited, 'You are being rate limited.');
      return false;
    },
    beat: (sequence) => {
      deadline.refresh();
      connection.heartbeats.push({ atMs: Date.now(), sequence });
      if (connection.heartbeats.length > MAX_HEARTBEATS_KEPT) connection.heartbeats.shift();
    },
  };
  socket.once('close', () => clearTimeout(deadline));
  connection.sendOp(GatewayOpcodes.Hello, { heartbeat_interval: heartbeatIntervalMs, _trace: ['["simulator"]'] });
  return connection;
}
