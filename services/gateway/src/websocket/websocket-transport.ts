import type { Duplex } from 'node:stream';
import { errorFrame, type Position, positionFrame } from '@dms/protocol';
import { WebSocket } from 'ws';
import type { Framing } from '../fan-out/framing.ts';
import { createCompressedFraming } from './compressed-framing.ts';
import type { SocketTransport } from './session.ts';
import { webSocketFraming } from './websocket-framing.ts';

const compressibleFraming: Framing = { ...webSocketFraming, openCompressed: createCompressedFraming };
/** What ws sends is never part of a compressed stream, which is ours. */
const PLAIN = { compress: false };

/** `ws` parses, answers pings and closes; shared frames go straight to the socket between ws's own whole frames. Legal as
 *  long as ws neither fragments nor compresses, which this service never lets it do. */
export class WebSocketTransport implements SocketTransport {
  readonly framing: Framing;
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  /** What the server closed with; null = it did not. */
  closeCode: number | null = null;

  constructor(webSocket: WebSocket, socket: Duplex) {
    // The only extension there is.
    this.framing = webSocket.extensions === '' ? webSocketFraming : compressibleFraming;
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  get isBlocked(): boolean {
    return this.#socket.writableNeedDrain || this.#webSocket.readyState !== WebSocket.OPEN;
  }

  writeFrames(frames: Buffer): void {
    if (this.#webSocket.readyState === WebSocket.OPEN) this.#socket.write(frames);
  }

  sendText(text: string): void {
    if (this.#webSocket.readyState === WebSocket.OPEN) this.#webSocket.send(text, PLAIN);
  }

  sendPosition(position: Position, headSeq: number): void {
    this.sendText(positionFrame(position, headSeq));
  }

  sendError(name: string, message: string): void {
    this.sendText(errorFrame(name, message, 0));
  }

  ping(): void {
    if (this.#webSocket.readyState === WebSocket.OPEN) this.#webSocket.ping();
  }

  close(code: number, reason: string): void {
    this.closeCode ??= code;
    this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }
}
