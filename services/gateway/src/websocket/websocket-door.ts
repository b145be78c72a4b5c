import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  CloseCode,
  createFilter,
  errorFrame,
  helloFrame,
  MAX_CLIENT_FRAME_BYTES,
  MAX_CLIENT_FRAMES_PER_MINUTE,
  MAX_IDS_PER_PARAMETER,
  MAX_TYPES_PER_FILTER,
  POSITION_INTERVAL_MS,
  SUBPROTOCOL,
} from '@dms/protocol';
import type { Logger } from '@dms/runtime';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { Access } from '../access/access.ts';
import type { Doorkeeper, NotAdmitted, StreamAdmission } from '../access/admission.ts';
import type { Hub } from '../fan-out/hub.ts';
import { createVitals, type LivenessLimits, STALLED_MS } from '../fan-out/liveness.ts';
import { SWEEP_INTERVAL_MS, startSweep } from '../fan-out/sweep.ts';
import { createTenure } from '../fan-out/tenure.ts';
import { type AttachDeps, attach } from '../feed/attach.ts';
import type { AttachCounts } from '../feed/attach-counts.ts';
import { describeCause } from '../http/error-handler.ts';
import type { CloseCounts } from './close-counts.ts';
import { COMPRESSION, offersCompression } from './compression.ts';
import { hearFrom, moveSession, receiveFrame, type Session, type SessionContext, sweepSession } from './session.ts';
import {
  judgeUpgrade,
  offeredProtocols,
  type Refusal,
  refusal,
  refuseUpgrade,
  speaksOurProtocol,
  type UpgradeVerdict,
} from './upgrade.ts';
import { WebSocketTransport } from './websocket-transport.ts';

const PONG_TIMEOUT_MS = 15_000;
const CLOSE_TIMEOUT_MS = 2_000;
/** Of one message, and of what was read of one frame: either piece costs far more memory than the byte it may hold. Clients send
 *  small messages whole; ws's own limits of 16,384 and 262,144 would be megabytes for each connection. */
const MAX_FRAGMENTS = 64;
const MAX_BUFFERED_CHUNKS = 256;
const RETRY_AFTER_SECONDS = 2;

/** `GET /ws`: upgrades, HELLO, and the life of each socket until it closes. */
export interface WebSocketDoor {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Asks every client to open a new socket elsewhere first (op 7), each in its own slot within `windowMs`. */
  askToMove(windowMs: number): void;
  /** Stops the sweep; the caller drops the hub's connections. */
  close(): void;
}

export interface WebSocketDoorDeps extends AttachDeps {
  readonly hub: Hub;
  readonly access: Access;
  readonly doorkeeper: Doorkeeper;
  readonly attaches: Pick<AttachCounts, 'note'>;
  readonly closes: Pick<CloseCounts, 'note'>;
  readonly logger: Pick<Logger, 'error'>;
  readonly heartbeatIntervalMs: number;
  /** After which a client is asked to move, at random up to a fifth earlier; 0 = never. */
  readonly maxConnectionAgeMs: number;
  /** How long it then may take. */
  readonly moveGraceMs: number;
  /** Whether clients that offer it get their events compressed. */
  readonly compresses: boolean;
}

interface OpenSession extends Session {
  readonly socket: Duplex;
}

type Accepted = Extract<UpgradeVerdict, { readonly kind: 'accept' }>;
type Place = Extract<StreamAdmission, { readonly ok: true }>;

/** A browser says where its page comes from and shows the page no HTTP answer, only close codes. */
const isBrowser = (request: IncomingMessage): boolean => request.headers.origin !== undefined;

const toRefusal = ({ status, slug, detail, retryAfterSeconds, closeCode }: NotAdmitted): Refusal =>
  refusal(status, slug, detail, { retryAfterSeconds, closeCode });

// One function for all sockets: closures per connection, and what they hold, are what makes idle connections heavy.

/** ws has already sent the fitting close code (1002, 1007, 1009) when it reports a peer's protocol error; 'close' follows. */
const ignore = (): void => {};

/** One function for all sockets, as below. */
function hangUp(this: Duplex): void {
  this.destroy();
}

export function createWebSocketDoor(deps: WebSocketDoorDeps): WebSocketDoor {
  const { feed, hub, access, doorkeeper, attaches, closes, logger } = deps;
  const { compresses, heartbeatIntervalMs, maxConnectionAgeMs, moveGraceMs } = deps;
  const sessions = new Map<WebSocket, OpenSession>();
  const sessionsBySocket = new Map<Duplex, OpenSession>();
  const liveness: LivenessLimits = {
    heartbeatIntervalMs,
    pongTimeoutMs: PONG_TIMEOUT_MS,
    // A sweep late at the most, so that the promised interval holds.
    positionIntervalMs: POSITION_INTERVAL_MS - SWEEP_INTERVAL_MS,
    stalledMs: STALLED_MS,
    inboundFramesPerMinute: MAX_CLIENT_FRAMES_PER_MINUTE,
  };
  const context: SessionContext = { hub, feed, limits: liveness, moveGraceMs };
  const announcedLimits = {
    max_frame_bytes: MAX_CLIENT_FRAME_BYTES,
    frames_per_minute: MAX_CLIENT_FRAMES_PER_MINUTE,
    ids_per_parameter: MAX_IDS_PER_PARAMETER,
    types: MAX_TYPES_PER_FILTER,
  };

  const serverOptions = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_CLIENT_FRAME_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    closeTimeout: CLOSE_TIMEOUT_MS,
    // An unknown protocol is accepted for a moment, so that a browser gets to see close code 4512.
    handleProtocols: (offered: Set<string>) =>
      offered.has(SUBPROTOCOL) ? SUBPROTOCOL : ([...offered].find((name) => !name.startsWith('bearer.')) ?? false),
  };
  const server = new WebSocketServer(serverOptions);
  const compressingServer = new WebSocketServer({ ...serverOptions, perMessageDeflate: COMPRESSION });
  for (const each of [server, compressingServer]) {
    each.on('wsClientError', (error, socket, request) => {
      refuseUpgrade(request, socket, refusal(400, 'bad-request', error.message));
    });
  }

  function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
    const session = sessions.get(this);
    if (session === undefined) return;
    try {
      receiveFrame(session, isBinary ? null : data.toString(), performance.now(), context);
    } catch (error) {
      // A mistake of ours that one frame brings to light must not end the process for everybody.
      logger.error('frame failed', { connectionId: session.connection.id, ...describeCause(error) });
      hub.drop(session.connection, CloseCode.Internal, 'internal', 'Something went wrong here; the log knows more.');
    }
  }

  function onControl(this: WebSocket): void {
    const session = sessions.get(this);
    if (session !== undefined) hearFrom(session, performance.now(), context);
  }

  function onDrain(this: Duplex): void {
    const session = sessionsBySocket.get(this);
    if (session !== undefined) hub.resume(session.connection);
  }

  function onClose(this: WebSocket, code: number): void {
    const session = sessions.get(this);
    if (session === undefined) return;
    closes.note(session.transport.closeCode, code);
    sessions.delete(this);
    sessionsBySocket.delete(session.socket);
    hub.leave(session.connection);
  }

  const refuseOpen = (
    webSocket: WebSocket,
    code: number,
    name: string,
    message: string,
    retryAfterSeconds = RETRY_AFTER_SECONDS,
  ): void => {
    closes.note(code, code);
    webSocket.send(errorFrame(name, message, retryAfterSeconds * 1_000), { compress: false });
    webSocket.close(code, name);
  };

  const refuse = (request: IncomingMessage, socket: Duplex, head: Buffer, answer: Refusal): void => {
    const { closeCode, problem, retryAfterSeconds } = answer;
    if (closeCode === null || !isBrowser(request)) return refuseUpgrade(request, socket, answer);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', ignore);
      const name = closeCode === CloseCode.BadKey ? 'bad_key' : 'too_many_connections';
      refuseOpen(webSocket, closeCode, name, problem.detail ?? problem.title, retryAfterSeconds ?? 0);
    });
  };

  const open = async (webSocket: WebSocket, socket: Duplex, accepted: Accepted, place: Place): Promise<void> => {
    const { query, key } = accepted;
    // Nothing is read before HELLO is written, so no frame can meet a connection that does not exist yet.
    webSocket.pause();
    const attachment = await attach(query.since, deps);
    attaches.note(query.since, attachment);
    webSocket.resume();
    if (webSocket.readyState !== WebSocket.OPEN) return;
    if (attachment.kind === 'unavailable') {
      return refuseOpen(webSocket, CloseCode.TryAgainLater, 'log_unavailable', 'Your position stays valid; try again.');
    }
    const transport = new WebSocketTransport(webSocket, socket);
    const id = randomUUID();
    transport.sendText(
      helloFrame({
        connectionId: id,
        position: attachment.cursor,
        oldest: feed.oldest,
        resumed: attachment.isResumed,
        reason: attachment.reason,
        heartbeatIntervalMs,
        limits: announcedLimits,
      }),
    );
    const connection = hub.join(id, transport, createFilter(query.filter, key.channels), attachment.cursor);
    const nowMs = performance.now();
    const vitals = createVitals(nowMs, heartbeatIntervalMs, Math.random());
    const tenure = createTenure(nowMs, maxConnectionAgeMs, Math.random());
    const session: OpenSession = { connection, transport, socket, vitals, key, place, tenure };
    sessions.set(webSocket, session);
    sessionsBySocket.set(socket, session);
    webSocket.on('message', onMessage).on('ping', onControl).on('pong', onControl);
    socket.on('drain', onDrain);
  };

  const sweep = startSweep(
    () => sessions.values(),
    (session, nowMs) => sweepSession(session, nowMs, context),
  );

  /** Every attempt is counted before anything else is judged, so that keys cannot be tried for free. */
  const receiveUpgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const tooOften = await doorkeeper.knock(request);
    if (tooOften !== null) return refuse(request, socket, head, toRefusal(tooOften));
    const verdict = judgeUpgrade(request, access, Date.now());
    if (verdict.kind === 'refuse') return refuse(request, socket, head, verdict);
    const admission = await doorkeeper.admit(request);
    if (!admission.ok) return refuse(request, socket, head, toRefusal(admission));
    if (socket.destroyed) return admission.release();
    // The handshake itself may still fail (bad key, wrong version): ws answers it, and the place must come back.
    socket.once('close', admission.release);
    const canCompress = compresses && offersCompression(request.headers['sec-websocket-extensions']);
    (canCompress ? compressingServer : server).handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', ignore);
      webSocket.on('close', onClose);
      if (!speaksOurProtocol(offeredProtocols(request))) {
        return refuseOpen(webSocket, CloseCode.UnsupportedProtocol, 'unsupported_protocol', `Speak ${SUBPROTOCOL}`);
      }
      void open(webSocket, socket, verdict, admission);
    });
  };

  return {
    handleUpgrade(request, socket, head) {
      // Node has taken its own listener off; a peer that is gone before the answer must harm nobody.
      socket.on('error', hangUp);
      receiveUpgrade(request, socket, head).catch((error: unknown) => {
        logger.error('upgrade failed', describeCause(error));
        socket.destroy();
      });
    },
    askToMove(windowMs) {
      const slotMs = windowMs / Math.max(1, sessions.size);
      let slot = 0;
      for (const session of sessions.values()) {
        moveSession(session, Math.round(slot * slotMs), 'drain');
        slot += 1;
      }
    },
    close() {
      sweep.stop();
      server.close();
      compressingServer.close();
    },
  };
}
