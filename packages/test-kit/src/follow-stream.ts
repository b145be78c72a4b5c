import { setTimeout as delay } from 'node:timers/promises';
import { isTerminal } from '@dms/protocol';
import type { DispatchFrame } from './server-frame.ts';
import { createStreamOrder } from './stream-order.ts';
import { type ConnectionOptions, openTestConnection, type TestConnection } from './test-connection.ts';
import { createWaiters } from './waiters.ts';

export interface FollowOptions extends Omit<ConnectionOptions, 'onEvent'> {
  /** Pause before the next try, default 50. */
  readonly backoffMs?: number;
}

/** The server could not continue from where this client was. */
export interface StreamReset {
  readonly asked: string;
  readonly reason: string | null;
  readonly position: string;
}

/** A client as the contract wants it: it keeps its position, and each time its connection ends it goes on at the next gateway. */
export interface StreamFollower {
  /** Every event across all connections, in the order received. */
  readonly events: readonly DispatchFrame[];
  readonly resets: readonly StreamReset[];
  /** Connections that reached HELLO. */
  readonly connectionCount: number;
  /** Why tries failed or connections ended, oldest first; the newest 100. */
  readonly failures: readonly string[];
  readonly position: string | null;
  /** Doubles and steps back within and across connections; after a reset the order starts anew. */
  readonly violations: readonly string[];
  /** Default 10,000 ms. Rejects early on a violation or when reconnecting cannot help (close codes 4500–4999). */
  waitFor(matches: (events: readonly DispatchFrame[]) => boolean, timeoutMs?: number): Promise<void>;
  waitForEvents(count: number, timeoutMs?: number): Promise<readonly DispatchFrame[]>;
  /** Drops the current connection without a handshake; the follower reconnects. */
  drop(): void;
  stop(): Promise<void>;
}

const BACKOFF_MS = 50;
const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_FAILURES = 100;

/** Follows one stream over several gateways, round robin, until stopped. Starts connecting at once.
 *  @throws RangeError for an empty list. */
export function followStream(urls: readonly string[], options: FollowOptions = {}): StreamFollower {
  if (urls.length === 0) throw new RangeError('a stream needs at least one URL');
  const events: DispatchFrame[] = [];
  const resets: StreamReset[] = [];
  const failures: string[] = [];
  const order = createStreamOrder();
  const stopping = new AbortController();
  let position: string | null = null;
  let connectionCount = 0;
  let current: TestConnection | null = null;
  let endedBy: string | null = null;

  const describe = (): string =>
    `${events.length} events, ${connectionCount} connections, ${resets.length} resets, position ${position}; failures: ${failures.slice(-5).join(' | ') || 'none'}`;
  const over = (): string | null => (order.violations.length > 0 ? order.violations.join('; ') : endedBy);
  const waiters = createWaiters(describe, over);

  const onEvent = (event: DispatchFrame): void => {
    order.check(event);
    events.push(event);
    waiters.changed();
  };
  const beginAt = (connection: TestConnection, asked: string | null): void => {
    const isReset = asked !== null && !connection.hello.resumed;
    if (isReset) resets.push({ asked, reason: connection.hello.reason, position: connection.hello.position });
    // A resumed stream must fit to what came before; any other begins anew.
    if (asked === null || isReset) order.startAt(connection.hello.position);
    else if (connection.hello.position !== asked)
      failures.push(`resumed at ${connection.hello.position}, not ${asked}`);
  };
  const followOnce = async (url: string): Promise<void> => {
    const asked: string | null = position;
    const since = asked ?? options.since;
    const early: DispatchFrame[] = [];
    let deliver = (event: DispatchFrame): void => void early.push(event);
    const connection = await openTestConnection(url, {
      ...options,
      ...(since !== undefined && { since }),
      onEvent: (event) => deliver(event),
    });
    connectionCount += 1;
    current = connection;
    if (stopping.signal.aborted) connection.drop();
    beginAt(connection, asked);
    for (const event of early) onEvent(event);
    deliver = onEvent;
    const { code, reason } = await connection.closed;
    position = connection.position;
    failures.push(`${code} ${reason}`, ...connection.violations);
    if (isTerminal(code)) endedBy = `the server refused for good: ${code} ${reason}`;
  };
  const run = async (): Promise<void> => {
    for (let attempt = 0; !stopping.signal.aborted && endedBy === null; attempt += 1) {
      const url = urls[attempt % urls.length] ?? '';
      await followOnce(url).catch((error: unknown) => failures.push(String(error)));
      failures.splice(0, failures.length - MAX_FAILURES);
      waiters.changed();
      await delay(options.backoffMs ?? BACKOFF_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const finished = run();

  return {
    events,
    resets,
    failures,
    violations: order.violations,
    get connectionCount() {
      return connectionCount;
    },
    get position() {
      return current?.position ?? position;
    },
    async waitFor(matches, timeoutMs = DEFAULT_TIMEOUT_MS) {
      await waiters.until('the stream', () => matches(events) || undefined, timeoutMs);
    },
    waitForEvents(count, timeoutMs = DEFAULT_TIMEOUT_MS) {
      const look = () => (events.length >= count ? events.slice(0, count) : undefined);
      return waiters.until(`${count} events`, look, timeoutMs);
    },
    drop: () => current?.drop(),
    async stop() {
      stopping.abort();
      current?.drop();
      await finished;
    },
  };
}
