import { isTerminal } from '@dms/protocol/vocabulary';
import { type BackoffLimits, backoffMs } from './backoff.ts';
import type { Connection, ConnectionEnd, ConnectionListener } from './connection.ts';
import type { ServerFrame } from './server-frame.ts';

/** `open` also while the server asked to move and a new connection is on its way. `reloading`: `reload` reads the history.
 *  `closed`: for good; `closed` of the client says why. */
export type LinkStatus =
  | { readonly state: 'connecting' }
  | { readonly state: 'open' }
  | { readonly state: 'waiting'; readonly retryInMs: number; readonly reason: string }
  | { readonly state: 'reloading' }
  | { readonly state: 'closed' };

/** Keeps one connection alive: opens it again after every end, and replaces it without a break when the server asks (op 7). */
export interface Link {
  open(): void;
  /** Ends connections and tries; `open` starts again. */
  close(): void;
}

export interface LinkDeps {
  /** Called for every try, so that each asks for the position of that moment. */
  readonly connect: (listener: ConnectionListener) => Connection;
  readonly backoff: BackoffLimits;
  readonly random: () => number;
  /** HELLO and what follows, from one connection at a time. False: this connection cannot be trusted; start a new one. */
  readonly onFrame: (frame: ServerFrame) => boolean;
  readonly onStatus: (status: LinkStatus) => void;
  /** Trying again cannot help; the link is closed. */
  readonly onRefused: (end: ConnectionEnd) => void;
}

/** A connection that lasted this long was no accident: the next failure is the first again. */
const STABLE_MS = 30_000;
const UNTRUSTED: ConnectionEnd = { code: 1006, reason: 'the stream was out of order', retryAfterMs: 0 };

export function createLink(deps: LinkDeps): Link {
  /** The one whose frames count. */
  let current: Connection | null = null;
  /** On its way to HELLO; `current` goes on until it is there. */
  let candidate: Connection | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let greetedAtMs = 0;

  const stopWaiting = (): void => {
    clearTimeout(timer);
    timer = undefined;
    globalThis.removeEventListener?.('online', open);
  };

  const open = (): void => {
    stopWaiting();
    if (current === null) deps.onStatus({ state: 'connecting' });
    candidate = deps.connect({ frame: onFrame, ended: onEnded });
  };

  const openIn = (delayMs: number): void => {
    // A try under way or already due will do.
    if (candidate !== null || timer !== undefined) return;
    timer = setTimeout(open, delayMs);
    // Browsers know when the network is back.
    globalThis.addEventListener?.('online', open);
  };

  const retry = ({ reason, retryAfterMs }: ConnectionEnd): void => {
    const retryInMs = Math.max(retryAfterMs, backoffMs(failures, deps.random(), deps.backoff));
    failures += 1;
    // What was due stood in for a connection that is gone now.
    if (current === null) stopWaiting();
    openIn(retryInMs);
    if (current !== null) return;
    deps.onStatus(candidate === null ? { state: 'waiting', retryInMs, reason } : { state: 'connecting' });
  };

  const promote = (connection: Connection): void => {
    current?.close();
    current = connection;
    candidate = null;
    greetedAtMs = Date.now();
    deps.onStatus({ state: 'open' });
  };

  const onFrame = (connection: Connection, frame: ServerFrame): void => {
    if (frame.kind === 'hello' && connection === candidate) promote(connection);
    if (connection !== current) return;
    if (frame.kind === 'reconnect') return openIn(frame.afterMs);
    if (deps.onFrame(frame)) return;
    connection.close();
    onEnded(connection, UNTRUSTED);
  };

  const onEnded = (connection: Connection, end: ConnectionEnd): void => {
    if (connection === candidate) candidate = null;
    if (connection === current) {
      current = null;
      if (Date.now() - greetedAtMs >= STABLE_MS) failures = 0;
    }
    if (!isTerminal(end.code)) return retry(end);
    close();
    deps.onRefused(end);
  };

  const close = (): void => {
    stopWaiting();
    for (const connection of [current, candidate]) connection?.close();
    current = null;
    candidate = null;
  };

  return { open, close };
}
