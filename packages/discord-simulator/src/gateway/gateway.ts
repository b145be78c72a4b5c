import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { GatewayCloseCodes } from 'discord-api-types/v10';
import { WebSocketServer } from 'ws';
import type { FaultBook } from '../faults/fault-book.ts';
import type { World } from '../world/world.ts';
import type { WorldEvent } from '../world/world-event.ts';
import type { IdentifyRules } from './client-frame.ts';
import { type Connection, openConnection } from './connection.ts';
import { createFrameHandler } from './frame-handler.ts';
import type { IdentifyBudget } from './identify-budget.ts';
import { bodyFor, isEntitled, type Session, sendDispatch } from './session.ts';

/** Everything the gateway needs; every number has its unit in the name. */
export interface GatewayOptions {
  readonly world: World;
  readonly faults: FaultBook;
  readonly rules: IdentifyRules;
  readonly budget: IdentifyBudget;
  readonly heartbeatIntervalMs: number;
  readonly resumeBufferSize: number;
  readonly resumeLifetimeMs: number;
  /** Forget what a heartbeat acknowledged: the harshest server a client may meet. */
  readonly trimOnHeartbeat: boolean;
  /** After READY and its GUILD_CREATEs were sent. */
  readonly onReady: (session: Session) => void;
  /** An IDENTIFY beyond the daily limit: Discord resets the token. */
  readonly onTokenReset: (token: string) => void;
}

export interface Gateway {
  readonly sessions: Map<string, Session>;
  /** Every connection since the start, oldest first, the latest 10,000. */
  readonly connections: Connection[];
  readonly counts: { identifies: number; resumes: number };
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly fanOut: (event: WorldEvent) => void;
  /** True when at least one session is entitled to the event. */
  readonly hasAudience: (event: WorldEvent) => boolean;
  readonly openConnections: () => Connection[];
  /** The session may never be resumed again. */
  readonly endSession: (session: Session) => void;
  /** Runs `work` with all its frames gathered into one write per socket. */
  readonly inOneWrite: (work: () => void) => void;
  /** Resolves at once, or when no open socket has more than 1 MiB left to send. */
  readonly readersCaughtUp: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const HIGH_WATER_BYTES = 2 ** 20;
const MAX_CONNECTIONS_KEPT = 10_000;
const KILLING_CODES: readonly number[] = [1000, 1001];

/** The WebSocket side of Discord: accepts sockets, keeps sessions, fans world events out to them. */
export function createGateway(options: GatewayOptions): Gateway {
  // Discord may decline compression, and a local reader gains nothing from it.
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 2 ** 20 });
  const sessions = new Map<string, Session>();
  const connections: Connection[] = [];
  const open = new Set<Connection>();
  const counts = { identifies: 0, resumes: 0 };
  let opened = 0;

  const endSession = (session: Session): void => {
    session.resumable = false;
    if (session.expiry !== null) clearTimeout(session.expiry);
    sessions.delete(session.id);
  };

  const detach = (connection: Connection): void => {
    const { session } = connection;
    if (session === null || session.connection !== connection) return;
    session.connection = null;
    if (KILLING_CODES.includes(connection.closeCode ?? 0)) endSession(session);
    if (!session.resumable) return;
    session.expiry = setTimeout(() => endSession(session), options.resumeLifetimeMs);
  };

  const handle = createFrameHandler({ ...options, sessions, counts, endSession });

  const accept = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    server.handleUpgrade(request, socket, head, (webSocket) => {
      opened += 1;
      const connection = openConnection(opened, webSocket, request, options.heartbeatIntervalMs);
      connections.push(connection);
      if (connections.length > MAX_CONNECTIONS_KEPT) connections.shift();
      open.add(connection);
      webSocket.on('message', (data, isBinary) => {
        if (!connection.countFrame()) return;
        if (isBinary) connection.close(GatewayCloseCodes.DecodeError, 'Error while decoding payload.');
        else handle(connection, data.toString());
      });
      // The close that follows tells the story; without a listener the error would end the process.
      webSocket.on('error', () => {});
      webSocket.on('close', (code) => {
        open.delete(connection);
        connection.closedAtMs = Date.now();
        connection.closedBy ??= 'client';
        connection.closeCode ??= code;
        detach(connection);
      });
      const refusal = refuse(request);
      if (refusal !== null) connection.close(refusal, 'Invalid API version or encoding.');
    });
  };

  return {
    sessions,
    connections,
    counts,
    upgrade: accept,
    fanOut: (event) => {
      const isStripped = event.strippedBody !== null && options.faults.isArmed('strip_content');
      let reached = 0;
      for (const session of sessions.values()) {
        if (!isEntitled(session, event)) continue;
        const body = isStripped ? (event.strippedBody?.() ?? event.body) : bodyFor(session, event);
        sendDispatch(session, event.type, body);
        reached += 1;
      }
      if (isStripped && reached > 0) options.faults.take('strip_content');
    },
    hasAudience: (event) => {
      for (const session of sessions.values()) if (isEntitled(session, event)) return true;
      return false;
    },
    openConnections: () => [...open].filter((connection) => connection.closedBy === null),
    endSession,
    inOneWrite: (work) => {
      const sockets = [...open].map((connection) => connection.raw);
      for (const socket of sockets) socket.cork();
      try {
        work();
      } finally {
        for (const socket of sockets) socket.uncork();
      }
    },
    readersCaughtUp: async () => {
      const behind = [...open].filter(({ socket }) => socket.bufferedAmount > HIGH_WATER_BYTES);
      await Promise.all(behind.map(caughtUp));
    },
    close: async () => {
      for (const session of [...sessions.values()]) endSession(session);
      for (const { socket } of open) socket.terminate();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function refuse(request: IncomingMessage): number | null {
  const query = new URL(request.url ?? '/', 'ws://localhost').searchParams;
  if (!['10', '9', null].includes(query.get('v'))) return GatewayCloseCodes.InvalidAPIVersion;
  // Compression is not offered; a client that insists would not understand a word.
  return ['json', null].includes(query.get('encoding')) && !query.has('compress')
    ? null
    : GatewayCloseCodes.DecodeError;
}

function caughtUp({ raw }: Connection): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      raw.off('drain', done);
      raw.off('close', done);
      resolve();
    };
    raw.on('drain', done);
    raw.on('close', done);
    if (raw.destroyed || !raw.writableNeedDrain) done();
  });
}
