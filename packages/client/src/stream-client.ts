import { formatPosition, type Position } from '@dms/protocol/vocabulary';
import { DEFAULT_BACKOFF } from './backoff.ts';
import { type ConnectionEnd, openConnection } from './connection.ts';
import { createInbox, type InboxItem, type StreamReset } from './inbox.ts';
import { createLink, type LinkStatus } from './link.ts';
import { createListeners, isEventName, type StreamListeners } from './listeners.ts';
import { judgeOrder } from './order.ts';
import { reloadHistory } from './reload.ts';
import type { ServerFrame } from './server-frame.ts';
import { type StreamEnd, StreamRefusedError } from './stream-end.ts';
import type { StreamEvent } from './stream-event.ts';
import {
  chooseWebSocket,
  type ReloadCause,
  type StreamClientOptions,
  streamProtocols,
  streamUrl,
} from './stream-options.ts';
import type { StreamState } from './stream-state.ts';

/** Follows one stream until closed: each stored event exactly once and in order while this client lives, at least once across
 *  a crash between handling an event and keeping its position. */
export interface StreamClient extends AsyncIterable<StreamEvent> {
  /** After the last handled event; null before the first HELLO. */
  readonly position: string | null;
  /** Events that came again and were dropped; some are normal after a reconnect. */
  readonly repeats: number;
  /** A picture of this moment. */
  readonly state: StreamState;
  /** Never rejects. */
  readonly closed: Promise<StreamEnd>;
  /** Returns the function that removes the listener. Listening to events starts their delivery: either listen or iterate. */
  on<Name extends keyof StreamListeners>(name: Name, listener: StreamListeners[Name]): () => void;
  /** Drops the socket and connects anew at once, from the position. Does nothing while too much waits for the reader. */
  reconnect(): void;
  /** Ends iteration after the event in hand; events not yet handled are not lost, the position says so. */
  close(): void;
}

const DEFAULT_MAX_WAITING_EVENTS = 10_000;

/** Starts connecting at once. Iterating hands out one event after another and keeps an event's position when the next one is
 *  asked for; leaving the loop closes the client, and the loop throws StreamRefusedError when the server refuses for good.
 *  @throws TypeError when there is no WebSocket or `url` is none. */
export function createStreamClient(options: StreamClientOptions): StreamClient {
  const WebSocket = chooseWebSocket(options.WebSocket);
  const { maxWaitingEvents = DEFAULT_MAX_WAITING_EVENTS, backoff = DEFAULT_BACKOFF, random = Math.random } = options;
  streamUrl(options, null);
  const inbox = createInbox();
  const listeners = createListeners();
  /** Newest received, which may still wait; this is where a new connection goes on. */
  let received: Position | null = null;
  /** What `received` was asked as: a stored position is not known to be one before HELLO. */
  let asked: string | null = null;
  let handled: string | null = null;
  let handledSeq = 0;
  let head: number | null = null;
  let status: LinkStatus = { state: 'connecting' };
  const counts = { repeats: 0, resets: 0, connections: 0 };
  let isRead = false;
  let isPaused = false;
  /** The position is being asked for: the store's, or that of the history being read. */
  let isHeld = true;
  let end: StreamEnd | null = null;
  let announceEnd = (_end: StreamEnd): void => {};
  const closed = new Promise<StreamEnd>((resolve) => {
    announceEnd = resolve;
  });

  const onStatus = (next: LinkStatus): void => {
    status = next;
    listeners.status(next);
  };

  const finish = (reason: StreamEnd): void => {
    if (end !== null) return;
    end = reason;
    link.close();
    inbox.end();
    onStatus({ state: 'closed' });
    announceEnd(reason);
  };

  const receive = (position: Position, content: InboxItem['content']): void => {
    received = position;
    head = Math.max(head ?? 0, position.seq);
    inbox.push({ position, content });
    if (inbox.size < maxWaitingEvents || isPaused) return;
    isPaused = true;
    link.close();
  };

  const onHello = ({ position, resumed, reason }: Extract<ServerFrame, { kind: 'hello' }>): void => {
    counts.connections += 1;
    // The connection before may have received more in the meantime; what this one repeats is dropped.
    if (resumed && received !== null) return;
    const isLost = !resumed && (asked !== null || reason !== null);
    if (!isLost) return receive(position, null);
    counts.resets += 1;
    head = null;
    const lost = asked ?? options.since ?? '';
    const reset = { reason: reason ?? 'diverged', lost, position: formatPosition(position) };
    receive(position, { kind: 'reset', reset });
  };

  const onEvent = (position: Position, event: StreamEvent): boolean => {
    const order = received === null ? 'next' : judgeOrder(received, position);
    if (order === 'next') receive(position, { kind: 'event', event });
    if (order === 'repeat') counts.repeats += 1;
    return order !== 'disorder';
  };

  const onFrame = (frame: ServerFrame): boolean => {
    if (frame.kind === 'hello') onHello(frame);
    if (frame.kind === 'event') return onEvent(frame.position, frame.event);
    if (frame.kind === 'position' && received !== null) {
      if (judgeOrder(received, frame.position) === 'next') receive(frame.position, null);
      head = Math.max(head ?? 0, frame.head);
    }
    return frame.kind !== 'malformed';
  };

  const link = createLink({
    connect(listener) {
      if (received !== null) asked = formatPosition(received);
      return openConnection(WebSocket, streamUrl(options, asked), streamProtocols(options.key), listener);
    },
    backoff,
    random,
    onFrame,
    onStatus,
    onRefused: ({ code, reason }: ConnectionEnd) => finish({ kind: 'refused', code, reason }),
  });

  const keep = async (position: Position): Promise<void> => {
    handled = formatPosition(position);
    handledSeq = position.seq;
    await options.positions?.save(handled);
    if (!isPaused || inbox.size > 0 || end !== null) return;
    isPaused = false;
    link.open();
  };

  /** Resolves at the end of the client at the latest. */
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      void closed.then(() => {
        clearTimeout(timer);
        resolve();
      });
    });

  /** Whatever was received is in what is read now, so the stream starts over after it. */
  const startOver = async (cause: ReloadCause, reload: NonNullable<StreamClientOptions['reload']>): Promise<void> => {
    link.close();
    inbox.clear();
    isHeld = true;
    onStatus({ state: 'reloading' });
    const onRetry = (retryInMs: number, reason: string): void => onStatus({ state: 'waiting', retryInMs, reason });
    const deps = { reload, backoff, random, pause, onRetry, isClosed: () => end !== null };
    const position = await reloadHistory(cause, deps);
    isHeld = false;
    if (position === null || end !== null) return;
    received = position;
    isPaused = false;
    await keep(position);
    link.open();
  };

  const handleReset = async (reset: StreamReset, position: Position): Promise<void> => {
    await listeners.reset(reset);
    if (options.reload === undefined || end !== null) return keep(position);
    return startOver(reset, options.reload);
  };

  const close = (): void => {
    inbox.clear();
    finish({ kind: 'closed' });
  };

  const reconnect = (): void => {
    if (end !== null || isPaused || isHeld) return;
    link.close();
    link.open();
  };

  /** Leaving a loop by a throw would otherwise count as closed. */
  const handle = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      finish({ kind: 'failed', error });
      throw error;
    }
  };

  async function* read(): AsyncGenerator<StreamEvent, void, undefined> {
    if (isRead) throw new TypeError('this stream is read already: either listen to its events or iterate, once');
    isRead = true;
    try {
      for (let item = await inbox.take(); item !== null; item = await inbox.take()) {
        const { position, content } = item;
        if (content?.kind === 'event') yield content.event;
        await handle(() => (content?.kind === 'reset' ? handleReset(content.reset, position) : keep(position)));
      }
      if (end?.kind === 'refused') throw new StreamRefusedError(end.code, end.reason);
    } finally {
      close();
    }
  }

  const deliver = async (): Promise<void> => {
    try {
      for await (const event of read()) await handle(() => listeners.event(event));
    } catch {
      // `closed` tells.
    }
  };

  const start = async (): Promise<void> => {
    try {
      asked = (await options.positions?.load()) ?? null;
      handled = asked;
      const isNew = asked === null && options.since === undefined;
      if (isNew && options.reload !== undefined) return await startOver({ reason: 'start' }, options.reload);
      isHeld = false;
      if (end === null) link.open();
    } catch (error) {
      finish({ kind: 'failed', error });
    }
  };
  void start();

  return {
    get position() {
      return handled;
    },
    get repeats() {
      return counts.repeats;
    },
    get state() {
      const behind = head === null ? 0 : Math.max(0, head - handledSeq);
      return { link: status, position: handled, head, behind, waiting: inbox.size, ...counts };
    },
    closed,
    on(name, listener) {
      const remove = listeners.on(name, listener);
      if (isEventName(name) && !isRead) void deliver();
      return remove;
    },
    reconnect,
    close,
    [Symbol.asyncIterator]: read,
  };
}
