import { formatPosition, type Position } from '@dms/protocol';
import { DEFAULT_BACKOFF } from './backoff.ts';
import { type ConnectionEnd, openConnection } from './connection.ts';
import { createInbox, type InboxItem, type StreamReset } from './inbox.ts';
import { createLink, type LinkStatus } from './link.ts';
import { judgeOrder } from './order.ts';
import type { ServerFrame } from './server-frame.ts';
import type { StreamEvent } from './stream-event.ts';
import { chooseWebSocket, type StreamClientOptions, streamProtocols, streamUrl } from './stream-options.ts';

/** How a client ended. `refused`: the server will not have this request, so trying again cannot help. `failed`: a listener or
 *  the position store threw. */
export type StreamEnd =
  | { readonly kind: 'closed' }
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: unknown };

/** The server closed with a code from 4500 to 4999: the request itself must change. */
export class StreamRefusedError extends Error {
  readonly code = 'stream_refused';
  readonly closeCode: number;
  constructor(closeCode: number, reason: string) {
    super(reason);
    this.closeCode = closeCode;
  }
}

export interface StreamListeners {
  /** Awaited before the next event is handed over and before this one's position is kept. */
  readonly event: (event: StreamEvent) => void | Promise<void>;
  /** In order with the events. */
  readonly reset: (reset: StreamReset) => void | Promise<void>;
  /** At once, whatever still waits to be handled. */
  readonly status: (status: LinkStatus) => void;
}

/** Follows one stream until closed: each stored event exactly once and in order while this client lives, at least once across
 *  a crash between handling an event and keeping its position. */
export interface StreamClient extends AsyncIterable<StreamEvent> {
  /** After the last handled event; null before the first HELLO. */
  readonly position: string | null;
  /** Events that came again and were dropped; some are normal after a reconnect. */
  readonly repeats: number;
  /** Never rejects. */
  readonly closed: Promise<StreamEnd>;
  /** Returns the function that removes the listener. Listening to events starts their delivery: either listen or iterate. */
  on<Name extends keyof StreamListeners>(name: Name, listener: StreamListeners[Name]): () => void;
  /** Ends iteration after the event in hand; events not yet handled are not lost, the position says so. */
  close(): void;
}

const DEFAULT_MAX_WAITING_EVENTS = 10_000;

/** Starts connecting at once. Iterating hands out one event after another and keeps an event's position when the next one is
 *  asked for; leaving the loop closes the client, and the loop throws StreamRefusedError when the server refuses for good.
 *  @throws TypeError when there is no WebSocket or `url` is none. */
export function createStreamClient(options: StreamClientOptions): StreamClient {
  const WebSocket = chooseWebSocket(options.WebSocket);
  const maxWaitingEvents = options.maxWaitingEvents ?? DEFAULT_MAX_WAITING_EVENTS;
  streamUrl(options, null);
  const inbox = createInbox();
  const listeners: { readonly [Name in keyof StreamListeners]: Set<StreamListeners[Name]> } = {
    event: new Set(),
    reset: new Set(),
    status: new Set(),
  };
  /** Newest received, which may still wait; this is where a new connection goes on. */
  let received: Position | null = null;
  /** What `received` was asked as: a stored position is not known to be one before HELLO. */
  let asked: string | null = null;
  let handled: string | null = null;
  let repeats = 0;
  let isRead = false;
  let isPaused = false;
  let end: StreamEnd | null = null;
  let announceEnd = (_end: StreamEnd): void => {};
  const closed = new Promise<StreamEnd>((resolve) => {
    announceEnd = resolve;
  });

  const finish = (reason: StreamEnd): void => {
    if (end !== null) return;
    end = reason;
    link.close();
    inbox.end();
    announceEnd(reason);
  };

  const receive = (position: Position, content: InboxItem['content']): void => {
    received = position;
    inbox.push({ position, content });
    if (inbox.size < maxWaitingEvents || isPaused) return;
    isPaused = true;
    link.close();
  };

  const onHello = ({ position, resumed, reason }: Extract<ServerFrame, { kind: 'hello' }>): void => {
    // The connection before may have received more in the meantime; what this one repeats is dropped.
    if (resumed && received !== null) return;
    const isLost = !resumed && (asked !== null || reason !== null);
    if (!isLost) return receive(position, null);
    const lost = asked ?? options.since ?? '';
    const reset = { reason: reason ?? 'diverged', lost, position: formatPosition(position) };
    receive(position, { kind: 'reset', reset });
  };

  const onEvent = (position: Position, event: StreamEvent): boolean => {
    const order = received === null ? 'next' : judgeOrder(received, position);
    if (order === 'next') receive(position, { kind: 'event', event });
    if (order === 'repeat') repeats += 1;
    return order !== 'disorder';
  };

  const onFrame = (frame: ServerFrame): boolean => {
    if (frame.kind === 'hello') onHello(frame);
    if (frame.kind === 'event') return onEvent(frame.position, frame.event);
    if (frame.kind === 'position' && received !== null && judgeOrder(received, frame.position) === 'next') {
      receive(frame.position, null);
    }
    return frame.kind !== 'malformed';
  };

  const link = createLink({
    connect(listener) {
      if (received !== null) asked = formatPosition(received);
      return openConnection(WebSocket, streamUrl(options, asked), streamProtocols(options.key), listener);
    },
    backoff: options.backoff ?? DEFAULT_BACKOFF,
    random: options.random ?? Math.random,
    onFrame,
    onStatus(status) {
      for (const listener of listeners.status) listener(status);
    },
    onRefused: ({ code, reason }: ConnectionEnd) => finish({ kind: 'refused', code, reason }),
  });

  const keep = async (position: Position): Promise<void> => {
    handled = formatPosition(position);
    await options.positions?.save(handled);
    if (!isPaused || inbox.size > 0 || end !== null) return;
    isPaused = false;
    link.open();
  };

  const close = (): void => {
    inbox.clear();
    finish({ kind: 'closed' });
  };

  /** Leaving a loop by a throw would otherwise count as closed. */
  const handle = async (work: () => void | Promise<void>): Promise<void> => {
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
        if (item.content?.kind === 'event') yield item.content.event;
        if (item.content?.kind === 'reset') {
          const { reset } = item.content;
          for (const listener of listeners.reset) await handle(() => listener(reset));
        }
        const { position } = item;
        await handle(() => keep(position));
      }
      if (end?.kind === 'refused') throw new StreamRefusedError(end.code, end.reason);
    } finally {
      close();
    }
  }

  const deliver = async (): Promise<void> => {
    try {
      for await (const event of read()) {
        for (const listener of listeners.event) await handle(() => listener(event));
      }
    } catch {
      // `closed` tells.
    }
  };

  const start = async (): Promise<void> => {
    try {
      asked = (await options.positions?.load()) ?? null;
      handled = asked;
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
      return repeats;
    },
    closed,
    on(name, listener) {
      listeners[name].add(listener);
      if (name === 'event' && !isRead) void deliver();
      return () => void listeners[name].delete(listener);
    },
    close,
    [Symbol.asyncIterator]: read,
  };
}
