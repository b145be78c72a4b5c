import type { ServerResponse } from 'node:http';
import type { Position } from '@dms/protocol';
import type { Transport } from '../../fan-out/connection.ts';
import type { Framing } from '../../fan-out/framing.ts';
import type { MoveReason, StreamFormat } from './stream-formats.ts';

/** An HTTP answer that does not end. Its headers must have been sent. */
export class ResponseTransport implements Transport {
  readonly framing: Framing;
  readonly #response: ServerResponse;
  readonly #format: StreamFormat;
  #ending: NodeJS.Timeout | undefined;

  constructor(response: ServerResponse, format: StreamFormat) {
    this.framing = format.framing;
    this.#response = response;
    this.#format = format;
  }

  get #isOver(): boolean {
    return this.#response.writableEnded || this.#response.destroyed;
  }

  get isBlocked(): boolean {
    return this.#response.writableNeedDrain || this.#isOver;
  }

  writeFrames(frames: Buffer): void {
    if (!this.#isOver) this.#response.write(frames);
  }

  sendPosition(position: Position, headSeq: number): void {
    this.#say(this.#format.tellPosition(position, headSeq));
  }

  sendError(name: string, message: string): void {
    this.#say(this.#format.explain(name, message));
  }

  #say(text: string): void {
    if (!this.#isOver) this.#response.write(text);
  }

  /** The client is to go elsewhere, `afterMs` from now. */
  askToMove(afterMs: number, reason: MoveReason): void {
    const asked = this.#format.askToMove(afterMs, reason);
    if (asked !== null) this.#say(asked);
    else this.#ending = setTimeout(() => this.close(), afterMs);
  }

  /** To be called once the answer is over. */
  release(): void {
    clearTimeout(this.#ending);
  }

  close(): void {
    this.#response.end();
  }

  terminate(): void {
    this.#response.destroy();
  }
}
