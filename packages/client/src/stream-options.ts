import { type FilterInput, SUBPROTOCOL } from '@dms/protocol';
import type { BackoffLimits } from './backoff.ts';
import type { WebSocketConstructor } from './web-socket-like.ts';

/** Where a client's position outlives it, e.g. `{ load: () => localStorage.getItem('dms'), save: (p) => localStorage.setItem('dms', p) }`. */
export interface PositionStore {
  /** Asked once, before the first connection. Null = none yet. */
  load(): string | null | Promise<string | null>;
  /** Called after each handled event, in order, one at a time; the next event waits for it. */
  save(position: string): void | Promise<void>;
}

export interface StreamClientOptions {
  /** The stream's address without parameters, e.g. `wss://example.com/ws`. */
  readonly url: string;
  /** Default: everything the key may see. */
  readonly filter?: FilterInput;
  /** Where to start when no position is kept: a position, `latest` (default), `all`, an RFC 3339 time, or a duration back. */
  readonly since?: string;
  /** Sent as a subprotocol, since browsers cannot send headers with a WebSocket. */
  readonly key?: string;
  /** Default: the position lives as long as the client. */
  readonly positions?: PositionStore;
  /** Default: the global one. Node has one from 22 on; before, pass that of the `ws` package. */
  readonly WebSocket?: WebSocketConstructor;
  /** Events that may wait for a slow reader; beyond it the socket is dropped until the reader has caught up. Default 10,000. */
  readonly maxWaitingEvents?: number;
  /** Pauses between tries, default 0.5 to 20 s. */
  readonly backoff?: BackoffLimits;
  /** Replaced by tests; default Math.random. */
  readonly random?: () => number;
}

/** The URL is the subscription. */
export function streamUrl({ url, filter = {}, since }: StreamClientOptions, position: string | null): string {
  const full = new URL(url);
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
