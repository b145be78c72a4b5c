import { type BackoffLimits, backoffMs, DEFAULT_BACKOFF } from './backoff.ts';
import { RestError, refusalOf } from './rest-error.ts';

/** The part of `fetch` that is used. */
export type FetchLike = (
  url: string,
  init: { readonly headers: Record<string, string>; readonly signal: AbortSignal },
) => Promise<{
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;

export interface RestOptions {
  /** The server, `https://example.com`; the address of its stream is understood too. */
  readonly url: string;
  readonly key?: string;
  /** Default: the global one. */
  readonly fetch?: FetchLike;
  /** Tries after the first when the server is away, busy (503) or asks to slow down (429); default 4. */
  readonly maxRetries?: number;
  /** Pauses between tries, default 0.5 to 20 s; `Retry-After` is obeyed when it is longer. */
  readonly backoff?: BackoffLimits;
  /** For one answer, in milliseconds; default 15,000. */
  readonly timeoutMs?: number;
  /** Ends every request and pause. */
  readonly signal?: AbortSignal;
}

/** @throws RestError */
export type Ask = (path: string, query?: Readonly<Record<string, string | undefined>>) => Promise<unknown>;

const DEFAULT_MAX_RETRIES = 4;
const DEFAULT_TIMEOUT_MS = 15_000;

/** `wss://example.com/ws` → `https://example.com`; a path in front of the service stays. @throws TypeError for no URL. */
export function serverUrl(text: string): string {
  const { protocol, host, pathname } = new URL(text);
  return `${protocol.replace('ws', 'http')}//${host}${pathname.replace(/(\/v1)?\/ws\/?$|\/$/, '')}`;
}

/** Asks with GET, again and again while that may help. */
export function createAsk(options: RestOptions): Ask {
  const base = serverUrl(options.url);
  const { maxRetries = DEFAULT_MAX_RETRIES, backoff = DEFAULT_BACKOFF, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const send: FetchLike = options.fetch ?? ((url, init) => fetch(url, init));
  const headers: Record<string, string> = options.key === undefined ? {} : { Authorization: `Bearer ${options.key}` };

  const askOnce = async (
    url: string,
  ): Promise<{ readonly body: unknown } | { readonly retryAfterMs: number; readonly error: RestError }> => {
    const { signal, end } = deadline(timeoutMs, options.signal);
    try {
      const response = await send(url, { headers, signal });
      const text = await response.text();
      const body = parse(text);
      // Node's fetch hands out what came of an answer that was cut.
      if (response.ok && body === undefined && /^\s*[{[]/.test(text)) throw new TypeError('the answer broke off');
      if (response.ok) return { body };
      const retryAfterMs = Number(response.headers.get('Retry-After')) * 1_000 || 0;
      return { retryAfterMs, error: refusalOf(response.status, body) };
    } catch (cause) {
      options.signal?.throwIfAborted();
      return { retryAfterMs: 0, error: new RestError(0, `no answer from ${new URL(url).host}`, null, { cause }) };
    } finally {
      end();
    }
  };

  return async (path, query = {}) => {
    const url = new URL(base + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    for (let failures = 0; ; failures += 1) {
      options.signal?.throwIfAborted();
      const answer = await askOnce(url.href);
      if ('body' in answer) return answer.body;
      if (!answer.error.isPassing || failures >= maxRetries) throw answer.error;
      await pause(Math.max(answer.retryAfterMs, backoffMs(failures, Math.random(), backoff)), options.signal);
    }
  };
}

/** Aborts after `ms`, or with the other signal. `AbortSignal.any` is younger than the Node we promise. */
function deadline(ms: number, outer: AbortSignal | undefined): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, ms);
  outer?.addEventListener('abort', abort);
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    },
  };
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
