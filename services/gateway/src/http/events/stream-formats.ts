import {
  errorFrame,
  formatPosition,
  type Hello,
  helloFrame,
  type Position,
  positionFrame,
  reconnectFrame,
} from '@dms/protocol';
import type { Framing } from '../../fan-out/framing.ts';

export type MoveReason = 'drain' | 'max_age';

/** How a lasting answer speaks: its events and its own words. */
export interface StreamFormat {
  readonly framing: Framing;
  readonly contentType: string;
  /** The first thing a client reads. */
  greet(hello: Hello): string;
  tellPosition(position: Position, headSeq: number): string;
  /** Asks for a new stream first, to be opened `afterMs` from now; null when a client understands only the end of this one. */
  askToMove(afterMs: number, reason: MoveReason): string | null;
  /** Why the server is about to end the answer. */
  explain(name: string, message: string): string;
}

/** Waits of this length, 1 to 3 s, keep a crowd that lost its server from coming back all at once. */
const MIN_RETRY_MS = 1_000;
const RETRY_SPREAD_MS = 2_000;

const NEW_LINE = Buffer.from('\n');
const COMMA = Buffer.from(',');
const END_OF_EVENT = Buffer.from('\n\n');

const followedBy = (door: Framing['door'], separator: Buffer): Framing => ({
  door,
  frameBytes: ({ frame }) => frame.length + separator.length,
  writeFrame(target, offset, { frame }) {
    const end = offset + frame.copy(target, offset);
    return end + separator.copy(target, end);
  },
});

/** The elements of a JSON array, each followed by a comma. */
export const pollFraming: Framing = followedBy('poll', COMMA);

/** One frame a line, the same frames as over WebSocket; the first line is HELLO. */
export const ndjsonFormat: StreamFormat = {
  framing: followedBy('ndjson', NEW_LINE),
  contentType: 'application/x-ndjson; charset=utf-8',
  greet: (hello) => `${helloFrame(hello)}\n`,
  tellPosition: (position, headSeq) => `${positionFrame(position, headSeq)}\n`,
  askToMove: (afterMs, reason) => `${reconnectFrame(afterMs, reason)}\n`,
  explain: (name, message) => `${errorFrame(name, message, 0)}\n`,
};

// Frames are JSON text, so no line ends inside one.
const sseHead = (position: Position, type: string): string => `id: ${formatPosition(position)}\nevent: ${type}\ndata: `;

const retry = (): string => `retry: ${MIN_RETRY_MS + Math.floor(Math.random() * RETRY_SPREAD_MS)}\n`;
const comment = (name: string, message: string): string => `: ${name}: ${message}\n\n`;

/** The whole answer to a browser that came back at a bad moment: any status but 200 would end its EventSource for good. */
export const comeBackLater = (message: string): string => retry() + comment('unavailable', message);

/** Server-Sent Events (WHATWG HTML §9.2). An `id` without data moves the browser's Last-Event-ID and dispatches nothing. */
export const sseFormat: StreamFormat = {
  framing: {
    door: 'sse',
    frameBytes: (event) => sseHead(event, event.type).length + event.frame.length + END_OF_EVENT.length,
    writeFrame(target, offset, event) {
      let at = offset + target.write(sseHead(event, event.type), offset, 'latin1');
      at += event.frame.copy(target, at);
      return at + END_OF_EVENT.copy(target, at);
    },
  },
  contentType: 'text/event-stream; charset=utf-8',
  greet: ({ position }) => `${retry()}id: ${formatPosition(position)}\n\n`,
  tellPosition: (position) => `id: ${formatPosition(position)}\n\n`,
  askToMove: () => null,
  explain: comment,
};
