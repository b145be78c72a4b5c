import { isTerminal } from '@dms/protocol';
import { type BackoffLimits, backoffMs } from './backoff.ts';
import type { Connection, ConnectionEnd, ConnectionListener } from './connection.ts';
import type { ServerFrame } from './server-frame.ts';

export type LinkStatus =
  | { readonly state: 'connecting' }
  | { readonly state: 'open' }
  | { readonly state: 'waiting'; readonly retryInMs: number; readonly reason: string };

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

  const open = (): void => {
    clearTimeout(timer);
    timer = undefined;
    deps.onStatus({ state: 'connecting' });
    candidate = deps.connect({ frame: onFrame, ended: onEnded });
  };

  const openIn = (delayMs: number): void => {
    // A try under way or already due will do.
    if (candidate === null && timer === undefined) timer = setTimeout(open, delayMs);
  };

  const retry = ({ reason, retryAfterMs }: ConnectionEnd): void => {
    const retryInMs = Math.max(retryAfterMs, backoffMs(failures, deps.random(), deps.backoff));
    failures += 1;
    openIn(retryInMs);
    if (current === null) deps.onStatus({ state: 'waiting', retryInMs, reason });
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
    clearTimeout(timer);
    timer = undefined;
    for (const connection of [current, candidate]) connection?.close();
    current = null;
    candidate = null;
  };

  return { open, close };
}
