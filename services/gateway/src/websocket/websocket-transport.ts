import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { Transport } from '../fan-out/connection.ts';

/** `ws` parses, answers pings and closes; shared frames go straight to the socket between ws's own whole frames. Legal as
 *  long as ws neither fragments nor compresses, which this service never asks it to. */
export class WebSocketTransport implements Transport {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;

  constructor(webSocket: WebSocket, socket: Duplex) {
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
    if (this.#webSocket.readyState === WebSocket.OPEN) this.#webSocket.send(text);
  }

  ping(): void {
    if (this.#webSocket.readyState === WebSocket.OPEN) this.#webSocket.ping();
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }
}
