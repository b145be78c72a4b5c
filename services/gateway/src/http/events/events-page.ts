import { randomUUID } from 'node:crypto';
import { type Filter, formatPosition, isSamePosition, type Position } from '@dms/protocol';
import { type Transport, tellPosition } from '../../fan-out/connection.ts';
import type { Framing } from '../../fan-out/framing.ts';
import type { Hub } from '../../fan-out/hub.ts';
import { pollFraming } from './stream-formats.ts';

/** A page ends with the chunk that reaches this. */
const MAX_PAGE_BYTES = 256 * 1024;
/** A filter that lets next to nothing through of a long log: answer with how far the search has come. */
const MAX_SEARCH_MS = 10_000;

/** Takes frames like any other connection, until the page is full or there is nothing left to wait for. */
class PageTransport implements Transport {
  readonly framing: Framing = pollFraming;
  readonly #parts: Buffer[] = [];
  readonly #isWaitWanted: boolean;
  readonly #finish: (isFailed: boolean) => void;
  #bytes = 0;
  #isWaiting = false;
  #isOver = false;

  constructor(isWaitWanted: boolean, finish: (isFailed: boolean) => void) {
    this.#isWaitWanted = isWaitWanted;
    this.#finish = finish;
  }

  get isBlocked(): boolean {
    return this.#isOver;
  }

  /** The events, joined by commas. */
  get text(): string {
    return Buffer.concat(this.#parts).toString('utf8', 0, Math.max(0, this.#bytes - 1));
  }

  writeFrames(frames: Buffer): void {
    this.#parts.push(frames);
    this.#bytes += frames.length;
    if (this.#isWaiting || this.#bytes >= MAX_PAGE_BYTES) this.end();
  }

  caughtUp(): void {
    if (this.#bytes > 0 || !this.#isWaitWanted) this.end();
    else this.#isWaiting = true;
  }

  end(isFailed = false): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#finish(isFailed);
  }

  /** The page carries its own position. */
  sendPosition(): void {}
  sendError(): void {}

  close(): void {
    this.end(true);
  }

  terminate(): void {
    this.end(true);
  }
}

export interface EventsPage {
  /** Null when the log could not be read: the position stays valid. */
  readonly json: Promise<string | null>;
  /** Answers with what is there. */
  finish(): void;
}

/** Collects the events after `cursor`: one page, at once when there are any, else the first that come within `waitMs`. Call in
 *  the same synchronous step that decided on `cursor`. */
export function openEventsPage(
  { hub, feed }: { readonly hub: Pick<Hub, 'join' | 'leave'>; readonly feed: { readonly last: Position } },
  filter: Filter,
  cursor: Position,
  waitMs: number,
): EventsPage {
  let answer: (json: string | null) => void;
  const json = new Promise<string | null>((resolve) => {
    answer = resolve;
  });
  const timer = setTimeout(() => page.end(), Math.max(waitMs, MAX_SEARCH_MS));
  const page = new PageTransport(waitMs > 0, (isFailed) => {
    clearTimeout(timer);
    // The hub notes how far it came right after it has written.
    queueMicrotask(() => {
      const position = tellPosition(connection, feed.last);
      hub.leave(connection);
      const isUpToDate = isSamePosition(position, feed.last);
      const text = `{"events":[${page.text}],"position":"${formatPosition(position)}","up_to_date":${isUpToDate}}`;
      answer(isFailed ? null : text);
    });
  });
  const connection = hub.join(randomUUID(), page, filter, cursor);
  return { json, finish: () => page.end() };
}
