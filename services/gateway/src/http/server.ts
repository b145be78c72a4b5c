import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Problem } from '@dms/protocol';
import type { Express } from 'express';
import { endWithProblem, hangUp, problemOf } from './raw-problem.ts';

/** A request line and headers that dribble in more slowly are an attack, or as good as one. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** How often both are checked; Node's default of 30 s would triple them. */
const CHECK_INTERVAL_MS = 2_000;
/** How long a connection with an answer on it may neither send nor take a byte. Streams say something at least every 15 s. */
const IDLE_TIMEOUT_MS = 60_000;
/** Above nginx's 60 s: the side that closes an idle connection must be the one that might send on it. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const MAX_REQUESTS_PER_SOCKET = 1_000;

type MessageClasses = {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
};

/** True when `candidate` can stand in for Node's own class and its instances already look as Express wants them. */
function isRequestClass(candidate: unknown, prototype: object): candidate is typeof IncomingMessage {
  if (typeof candidate !== 'function') return false;
  const made: unknown = Reflect.construct(candidate, [new Socket()]);
  return made instanceof IncomingMessage && Object.getPrototypeOf(made) === prototype;
}

function isResponseClass(candidate: unknown, prototype: object): candidate is typeof ServerResponse {
  if (typeof candidate !== 'function') return false;
  const made: unknown = Reflect.construct(candidate, [new IncomingMessage(new Socket())]);
  return made instanceof ServerResponse && Object.getPrototypeOf(made) === prototype;
}

/** Express swaps the prototypes of every request and response, which costs most of its time: V8 gives up on objects whose
 *  prototype changes. Constructors whose `prototype` already is Express's make the swap a no-op.
 *  Node's constructors being callable functions is not promised: null when it no longer holds. */
export function createMessageClasses(app: Express): MessageClasses | null {
  function ExpressRequest(this: IncomingMessage, socket: Socket): void {
    IncomingMessage.call(this, socket);
  }
  function ExpressResponse(this: ServerResponse, request: IncomingMessage, options: object): void {
    Reflect.apply(ServerResponse, this, [request, options]);
  }
  ExpressRequest.prototype = app.request;
  ExpressResponse.prototype = app.response;
  const requestClass: unknown = ExpressRequest;
  const responseClass: unknown = ExpressResponse;
  try {
    if (!isRequestClass(requestClass, app.request) || !isResponseClass(responseClass, app.response)) return null;
    return { IncomingMessage: requestClass, ServerResponse: responseClass };
  } catch {
    return null;
  }
}

const MALFORMED = problemOf(400, 'bad-request', 'These bytes are no HTTP request.');
const REFUSALS: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: problemOf(431, 'headers-too-large', 'The request line and headers are too long.'),
  ERR_HTTP_REQUEST_TIMEOUT: problemOf(408, 'request-timeout', 'The request took too long to arrive.'),
};

/** Bytes that are no HTTP: says so and hangs up, whatever else the peer has sent. Not behind a request of the same connection
 *  that is still being answered or was the last one: it would be taken for that answer, or stand in the middle of it. Bytes of the
 *  body of a request that has no answer yet are answered in its place. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex, latest: ServerResponse | undefined): void {
  const isBetweenRequests = latest === undefined || (latest.writableFinished && latest.shouldKeepAlive);
  const isCutShort = latest !== undefined && !latest.writableEnded;
  const isItsBody = latest !== undefined && !latest.headersSent && !latest.req.complete;
  if (isItsBody && socket.writable && error.code !== 'ECONNRESET')
    endWithProblem(socket, REFUSALS[error.code ?? ''] ?? MALFORMED);
  else if (isCutShort || error.code === 'ECONNRESET') socket.destroy();
  else if (!socket.writable) return;
  else if (isBetweenRequests) endWithProblem(socket, REFUSALS[error.code ?? ''] ?? MALFORMED);
  else hangUp(socket);
}

/** A server for `app`, not yet listening, with limits against slow and endless clients. Upgrades are the caller's to add. */
export function createNodeServer(app: Express): Server {
  const options = {
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    // The app refuses a request without one itself, and says why.
    requireHostHeader: false,
    ...createMessageClasses(app),
  };
  const server = createServer(options, app);
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.timeout = IDLE_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET;
  const latest = new WeakMap<Duplex, ServerResponse>();
  const noteLatest = (request: IncomingMessage, response: ServerResponse): void => {
    latest.set(request.socket, response);
  };
  server.on('request', noteLatest).on('checkContinue', noteLatest).on('checkExpectation', noteLatest);
  server.on('clientError', (error, socket) => refuseMalformed(error, socket, latest.get(socket)));
  // Without this Node invites the body of a request that is going to be refused for having one.
  server.on('checkContinue', app);
  // Node would refuse any other expectation without a word; ignoring it is as right (RFC 9110 §10.1.1).
  server.on('checkExpectation', app);
  return server;
}

export type AcceptUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Hands WebSocket upgrades to `accept`. Any other offer to upgrade is ignored, as if it had not been made (RFC 9110 §7.8): Java's
 *  HTTP client and `curl --http2` make one with every request. Node has let go of such a connection, so it ends with the answer. */
export function routeUpgrades(server: Server, app: Express, accept: AcceptUpgrade): void {
  server.on('upgrade', (request, socket, head) => {
    if (request.headers.upgrade?.toLowerCase() === 'websocket' || !(socket instanceof Socket)) {
      accept(request, socket, head);
      return;
    }
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on('finish', () => hangUp(socket));
    socket.on('error', () => socket.destroy());
    app(request, response);
  });
}
