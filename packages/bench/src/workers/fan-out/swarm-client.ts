import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { CheckedReader, ReaderHandlers } from './checked-reader.ts';

/** `dms` is ours: open once HELLO came. */
export type Speech = 'dms' | 'ws' | 'socket.io';

/** All sockets are read into one piece of memory: nothing is allocated for what arrives. */
const READ_BYTES = 256 * 1024;
const READ_BUFFER = Buffer.allocUnsafeSlow(READ_BYTES);
const FIN = 0x80;
const MASKED = 0x80;
const OP_TEXT = 1;
const OP_PONG = 10;
const MAX_SHORT = 125;

export interface SwarmClientOptions {
  readonly speech: Speech;
  /** Reads nothing after the handshake until `goOn`. */
  readonly isStalled: boolean;
  makeReader(handlers: ReaderHandlers): CheckedReader;
  /** It is connected and subscribed. */
  opened(client: SwarmClient): void;
  /** It is not connected any more, or never was; `refusal` is the HTTP answer if there was one. */
  ended(client: SwarmClient, refusal: string | null): void;
  /** The server asks to move (op 7). */
  asked(client: SwarmClient, afterMs: number): void;
}

/** One client, across connections. */
export interface SwarmClient {
  readonly reader: CheckedReader;
  readonly isOpen: boolean;
  open(url: string): void;
  /** Cuts the connection without a goodbye (RST). */
  cut(): void;
  goOn(): void;
}

/** Clients must mask; with a key of zeros the payload stays as it is. Only for short payloads, as all of ours are. */
export function clientFrame(op: number, payload: Buffer): Buffer {
  if (payload.length > MAX_SHORT) throw new RangeError('too long for a short frame');
  return Buffer.concat([Buffer.of(FIN | op, MASKED | payload.length, 0, 0, 0, 0), payload]);
}

export function createSwarmClient(options: SwarmClientOptions): SwarmClient {
  const { speech } = options;
  let socket: Socket | null = null;
  let isUpgraded = false;
  let isOpen = false;
  let isReading = true;
  let head = '';
  /** What Socket.IO calls a client whose state it can recover. */
  let privateId: string | null = null;

  const say = (text: string): void => void socket?.write(clientFrame(OP_TEXT, Buffer.from(text)));
  const becomeOpen = (): void => {
    if (isOpen) return;
    isOpen = true;
    if (options.isStalled) isReading = false;
    options.opened(client);
  };

  const reader = options.makeReader({
    control(text) {
      if (speech === 'dms') {
        if (text.startsWith('{"op":10')) becomeOpen();
        else if (text.startsWith('{"op":7')) options.asked(client, Number(/"after_ms":(\d+)/.exec(text)?.[1] ?? 0));
        return;
      }
      // Engine.IO 4: open, ping; Socket.IO 5: connect, connected.
      if (text.startsWith('0{')) say(`40${recoveryOf(privateId, reader.lastFrame)}`);
      else if (text === '2') say('3');
      else if (text.startsWith('40')) {
        privateId = /"pid":"([^"]+)"/.exec(text)?.[1] ?? null;
        becomeOpen();
      }
    },
    ping: (payload) => void socket?.write(clientFrame(OP_PONG, payload)),
    closed: () => socket?.destroy(),
  });

  const receiveHead = (chunk: Buffer): void => {
    head += chunk.toString('latin1');
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    const after = Buffer.from(head.slice(end + 4), 'latin1');
    if (!head.startsWith('HTTP/1.1 101 ')) {
      socket?.destroy();
      return;
    }
    isUpgraded = true;
    head = '';
    if (speech === 'ws') becomeOpen();
    if (after.length > 0) reader.receive(after, Date.now());
  };

  const client: SwarmClient = {
    reader,
    get isOpen() {
      return isOpen;
    },
    open(url) {
      const target = new URL(url);
      const path = `${target.pathname}${target.search}`;
      isUpgraded = false;
      isOpen = false;
      head = '';
      const own = connect({
        host: target.hostname,
        port: Number(target.port),
        noDelay: true,
        onread: {
          buffer: READ_BUFFER,
          callback(bytes, buffer) {
            if (own !== socket) return true;
            const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, bytes);
            if (isUpgraded) reader.receive(chunk, Date.now());
            else receiveHead(chunk);
            return isReading;
          },
        },
      });
      socket = own;
      own.on('connect', () => own.write(upgradeRequest(path, target.host)));
      own.on('error', () => {});
      own.once('close', () => {
        if (own !== socket) return;
        socket = null;
        isOpen = false;
        options.ended(client, head === '' ? null : head);
      });
    },
    cut() {
      socket?.resetAndDestroy();
    },
    goOn() {
      isReading = true;
      socket?.resume();
    },
  };
  return client;
}

/** With recovery, the offset of each event is its last argument. */
function recoveryOf(pid: string | null, lastFrame: Buffer | null): string {
  const offset = /,"([^"]+)"\]$/.exec(lastFrame?.toString('latin1') ?? '')?.[1];
  return pid === null || offset === undefined ? '' : JSON.stringify({ pid, offset });
}

function upgradeRequest(path: string, host: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    '\r\n',
  ].join('\r\n');
}
