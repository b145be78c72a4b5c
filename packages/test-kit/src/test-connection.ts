import { SUBPROTOCOL } from '@dms/protocol';
import { WebSocket } from 'ws';
import { createFrameRecord, type FrameRecord } from './frame-record.ts';
import type { DispatchFrame, HelloFrame, ServerFrame } from './server-frame.ts';
import { UpgradeRefusedError } from './upgrade-refused-error.ts';

export interface ConnectionOptions {
  /** Where to start, as in the URL. */
  readonly since?: string;
  /** Filter parameters, e.g. `{ channel_id: '1,2' }`. */
  readonly filter?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: ours. */
  readonly protocols?: readonly string[];
  /** Local address, to appear as another client: any of 127.0.0.0/8 on Linux. */
  readonly localAddress?: string;
  /** Offers permessage-deflate; `ws` then inflates. Default false. */
  readonly isCompressed?: boolean;
  /** From the TCP connection to HELLO, default 10,000. */
  readonly timeoutMs?: number;
  /** Called for each event before anything waits for it. */
  readonly onEvent?: (event: DispatchFrame) => void;
}

export interface ConnectionClosed {
  readonly code: number;
  readonly reason: string;
}

/** A client that keeps every frame and judges the order of events (I5). */
export interface TestConnection {
  readonly hello: HelloFrame;
  /** Every frame, HELLO included. */
  readonly frames: readonly ServerFrame[];
  readonly events: readonly DispatchFrame[];
  /** The newest position heard: what a client would store. */
  readonly position: string;
  /** Doubles, steps back and malformed frames, in words. Waiting fails as soon as there is one. */
  readonly violations: readonly string[];
  /** Resolves when the socket is closed, whoever closed it. */
  readonly closed: Promise<ConnectionClosed>;
  readonly isClosed: boolean;
  /** The first matching frame, past or future. Default 10,000 ms. Rejects when the connection closes before it. */
  waitFor(matches: (frame: ServerFrame) => boolean, timeoutMs?: number): Promise<ServerFrame>;
  /** The first `count` events. Default 10,000 ms. */
  waitForEvents(count: number, timeoutMs?: number): Promise<readonly DispatchFrame[]>;
  /** Text is sent as it is, anything else as JSON. */
  send(frame: unknown): void;
  /** Stops and restarts reading, so that the server meets a full socket. */
  pause(): void;
  resume(): void;
  /** Destroys the TCP connection without a closing handshake. */
  drop(): void;
  /** Closes cleanly and waits for the end. */
  close(code?: number): Promise<ConnectionClosed>;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_BODY_LENGTH = 16_384;

/** Connects to a `ws://…/ws` URL and resolves after HELLO.
 *  @throws UpgradeRefusedError when the answer is HTTP; Error when the socket closes or `timeoutMs` passes before HELLO. */
export async function openTestConnection(url: string, options: ConnectionOptions = {}): Promise<TestConnection> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, protocols = [SUBPROTOCOL], localAddress, headers = {} } = options;
  const socket = new WebSocket(withQuery(url, options), [...protocols], {
    headers: { ...headers },
    handshakeTimeout: timeoutMs,
    perMessageDeflate: options.isCompressed === true,
    ...(localAddress !== undefined && { localAddress }),
  });
  const record = createFrameRecord(options.onEvent ?? (() => {}));
  const refused = untilRefused(socket);
  const closed = follow(socket, record);
  try {
    const hello = await Promise.race([refused, record.until('HELLO', () => record.hello ?? undefined, timeoutMs)]);
    return observe(socket, record, hello, closed);
  } catch (error) {
    socket.terminate();
    throw error;
  }
}

function withQuery(url: string, options: ConnectionOptions): string {
  const full = new URL(url);
  for (const [name, value] of Object.entries(options.filter ?? {})) full.searchParams.set(name, value);
  if (options.since !== undefined) full.searchParams.set('since', options.since);
  return full.href;
}

/** Never fulfils. */
function untilRefused(socket: WebSocket): Promise<never> {
  return new Promise((_resolve, reject) => {
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body = (body + text).slice(0, MAX_BODY_LENGTH);
      });
      response.on('close', () => reject(new UpgradeRefusedError(response.statusCode ?? 0, response.headers, body)));
    });
  });
}

function follow(socket: WebSocket, record: FrameRecord): Promise<ConnectionClosed> {
  socket.on('message', (data) => record.receive(String(data)));
  return new Promise((resolve) => {
    socket.on('error', (error) => record.end(`the connection failed: ${error.message}`));
    socket.on('close', (code, reason) => {
      record.end(`the connection was closed with ${code} ${reason}`);
      resolve({ code, reason: String(reason) });
    });
  });
}

function observe(
  socket: WebSocket,
  record: FrameRecord,
  hello: HelloFrame,
  closed: Promise<ConnectionClosed>,
): TestConnection {
  return {
    hello,
    closed,
    frames: record.frames,
    events: record.events,
    get position() {
      return record.position;
    },
    get violations() {
      return record.violations;
    },
    get isClosed() {
      return record.isOver;
    },
    waitFor: (matches, timeoutMs = DEFAULT_TIMEOUT_MS) =>
      record.until('a frame', () => record.frames.find(matches), timeoutMs),
    waitForEvents(count, timeoutMs = DEFAULT_TIMEOUT_MS) {
      const look = () => (record.events.length >= count ? record.events.slice(0, count) : undefined);
      return record.until(`${count} events`, look, timeoutMs);
    },
    send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    drop: () => socket.terminate(),
    close(code = 1000) {
      socket.close(code);
      return closed;
    },
  };
}
