import { type EventType, SUBPROTOCOL } from '@dms/protocol/vocabulary';
import type { BackoffLimits } from './backoff.ts';
import type { StreamReset } from './inbox.ts';
import type { WebSocketConstructor } from './web-socket-like.ts';

/** AND between the four, OR inside one; absent = all. At most 100 ids each, at most 32 types. */
export interface StreamFilter {
  readonly guild_id?: readonly string[] | undefined;
  /** A channel also selects its threads. */
  readonly channel_id?: readonly string[] | undefined;
  /** Deletes pass: they name no author. */
  readonly author_id?: readonly string[] | undefined;
  readonly types?: readonly EventType[] | undefined;
}

/** Where a client's position outlives it, e.g. `{ load: () => localStorage.getItem('dms'), save: (p) => localStorage.setItem('dms', p) }`. */
export interface PositionStore {
  /** Asked once, before the first connection. Null = none yet. */
  load(): string | null | Promise<string | null>;
  /** Called after each handled event, in order, one at a time; the next event waits for it. */
  save(position: string): void | Promise<void>;
}

/** Why the history has to be read: nothing was known yet, or the stream could not go on from where it was. */
export type ReloadCause = { readonly reason: 'start' } | StreamReset;

export interface StreamClientOptions {
  /** The server, `https://example.com`, or its stream, `wss://example.com/ws`. */
  readonly url: string;
  /** Default: everything the key may see. */
  readonly filter?: StreamFilter;
  /** Where to start when no position is kept: a position, `latest` (default), `all`, an RFC 3339 time, or a duration back. */
  readonly since?: string;
  /** Sent as a subprotocol, since browsers cannot send headers with a WebSocket. */
  readonly key?: string;
  /** Default: the position lives as long as the client. */
  readonly positions?: PositionStore;
  /** Reads the history over REST, replaces what is shown or stored by it, and returns the `position` of the page it read: the
   *  stream continues exactly there. Called before the first connection when there is neither a position nor `since`, and after
   *  each reset, while nothing is delivered. Repeated while it throws what has `isPassing`, as RestError has; anything else
   *  ends the client. Default: the stream goes on where the server says, and `reset` tells. */
  readonly reload?: (cause: ReloadCause) => string | Promise<string>;
  /** Default: the global one. On Node before 22, which has none, one that comes with this package. */
  readonly WebSocket?: WebSocketConstructor;
  /** Events that may wait for a slow reader; beyond it the socket is dropped until the reader has caught up. Default 10,000. */
  readonly maxWaitingEvents?: number;
  /** Pauses between tries, default 0.5 to 20 s. */
  readonly backoff?: BackoffLimits;
  /** Replaced by tests; default Math.random. */
  readonly random?: () => number;
}

/** The URL is the subscription. @throws TypeError when `url` is none. */
export function streamUrl(
  { url, filter = {}, since }: Pick<StreamClientOptions, 'url' | 'filter' | 'since'>,
  position: string | null,
): string {
  const full = new URL(url);
  full.protocol = full.protocol.replace('http', 'ws');
  if (full.pathname === '/') full.pathname = '/ws';
  for (const [name, values] of Object.entries(filter)) {
    if (values !== undefined) full.searchParams.set(name, values.join(','));
  }
  const start = position ?? since;
  if (start !== undefined) full.searchParams.set('since', start);
  return full.href;
}

export function streamProtocols(key: string | undefined): string[] {
  return key === undefined ? [SUBPROTOCOL] : [SUBPROTOCOL, `bearer.${key}`];
}

/** @throws TypeError with the remedy when there is no WebSocket. */
export function chooseWebSocket(given: WebSocketConstructor | undefined): WebSocketConstructor {
  const found: WebSocketConstructor | undefined = given ?? globalThis.WebSocket;
  if (found === undefined) throw new TypeError('there is no WebSocket here: pass one, e.g. that of the "ws" package');
  return found;
}
