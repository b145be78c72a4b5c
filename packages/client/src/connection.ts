import { parseServerFrame, type ServerFrame } from './server-frame.ts';
import { describeFailure, type WebSocketConstructor } from './web-socket-like.ts';

/** One socket. */
export interface Connection {
  /** Ends it and mutes it: nothing is reported afterwards. */
  close(): void;
}

/** Why a connection is over. 1006: it broke, or never came to be. */
export interface ConnectionEnd {
  readonly code: number;
  /** For people. */
  readonly reason: string;
  /** What the server asked for in its last words (op 103). */
  readonly retryAfterMs: number;
}

export interface ConnectionListener {
  frame(connection: Connection, frame: ServerFrame): void;
  /** At most once, and never before `openConnection` returned. */
  ended(connection: Connection, end: ConnectionEnd): void;
}

/** From the first try to HELLO. */
const HELLO_TIMEOUT_MS = 10_000;
/** A server says its position every 15 s at the latest; browsers do not see pings. */
const MAX_SILENCE_MS = 40_000;
const CHECK_INTERVAL_MS = 1_000;
const ABNORMAL_CLOSURE = 1006;

/** Opens a socket and reports its frames. Silence counts as an end: a peer that vanished sends nothing.
 *  @throws whatever the constructor throws, e.g. a SyntaxError for a URL that is none. */
export function openConnection(
  WebSocket: WebSocketConstructor,
  url: string,
  protocols: string[],
  listener: ConnectionListener,
): Connection {
  const socket = new WebSocket(url, protocols);
  let isOver = false;
  let heardAtMs = Date.now();
  let silenceLimitMs = HELLO_TIMEOUT_MS;
  let failure = '';
  let lastWords = { message: '', retryAfterMs: 0 };

  const finish = (): boolean => {
    if (isOver) return false;
    isOver = true;
    clearInterval(watchdog);
    return true;
  };
  const connection: Connection = {
    close() {
      if (finish()) socket.close(1000);
    },
  };
  const end = (code: number, reason: string): void => {
    if (finish()) listener.ended(connection, { code, reason, retryAfterMs: lastWords.retryAfterMs });
  };
  const watchdog = setInterval(() => {
    if (Date.now() - heardAtMs < silenceLimitMs) return;
    end(ABNORMAL_CLOSURE, 'the server fell silent');
    socket.close();
  }, CHECK_INTERVAL_MS);

  socket.addEventListener('message', ({ data }) => {
    if (isOver) return;
    heardAtMs = Date.now();
    silenceLimitMs = MAX_SILENCE_MS;
    const frame = parseServerFrame(data);
    if (frame.kind === 'error') lastWords = frame;
    listener.frame(connection, frame);
  });
  socket.addEventListener('error', (event) => {
    failure = describeFailure(event);
  });
  socket.addEventListener('close', ({ code, reason }) => {
    end(code, lastWords.message || reason || failure || `closed with code ${code}`);
  });
  return connection;
}
