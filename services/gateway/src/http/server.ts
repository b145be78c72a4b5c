import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Express } from 'express';

/** A request line and headers that dribble in more slowly are an attack, or as good as one. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** How often both are checked; Node's default of 30 s would triple them. */
const CHECK_INTERVAL_MS = 2_000;
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

const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Bytes that are no HTTP: say so and hang up, whatever else the peer has sent. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = STATUS_LINES[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

/** A server for `app`, not yet listening, with limits against slow and endless clients. Upgrades are the caller's to add. */
export function createNodeServer(app: Express): Server {
  const options = { connectionsCheckingInterval: CHECK_INTERVAL_MS, ...createMessageClasses(app) };
  const server = createServer(options, app);
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET;
  server.on('clientError', refuseMalformed);
  // Without this Node invites the body of a request that is going to be refused for having one.
  server.on('checkContinue', app);
  return server;
}
