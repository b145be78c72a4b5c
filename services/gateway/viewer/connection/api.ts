import type { StoredMessage } from '@dms/protocol';
import { isMessage, isObject } from '../model/message.ts';

/** A page of `GET /messages`. */
export interface MessagesPage {
  /** Newest first. */
  readonly messages: readonly StoredMessage[];
  readonly hasMore: boolean;
  /** Where the stream continues this page, `term:seq`. */
  readonly position: string;
}

/** The server refused, or could not be reached (`status` 0). `message` is for people. */
export class ApiError extends Error {
  readonly status: number;
  readonly retryAfterMs: number;
  constructor(status: number, message: string, retryAfterMs = 0) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The REST side of one server. Every method throws an ApiError. */
export interface Api {
  readonly origin: string;
  readonly key: string | null;
  messages(parameters: URLSearchParams, signal?: AbortSignal): Promise<MessagesPage>;
  /** The list that `path` answers under `name`. */
  list(path: string, name: string): Promise<readonly unknown[]>;
  message(id: string): Promise<StoredMessage>;
}

const TIMEOUT_MS = 20_000;

/** A browser does not say whether nobody answered or the answer was withheld from this site. */
const unreachable = (origin: string): string =>
  globalThis.location === undefined || location.origin === origin
    ? 'The server cannot be reached.'
    : `The server cannot be reached, or its ALLOWED_ORIGINS lack ${location.origin}.`;

/** `origin` as in `https://example.com`. `key` goes into a header, never into an address. */
export function createApi(origin: string, key: string | null): Api {
  const headers = key === null ? {} : { Authorization: `Bearer ${key}` };

  const get = async (path: string, signal?: AbortSignal): Promise<unknown> => {
    const giveUp = new AbortController();
    const abort = (): void => giveUp.abort();
    const timer = setTimeout(abort, TIMEOUT_MS);
    signal?.addEventListener('abort', abort);
    try {
      const answer = await fetch(`${origin}${path}`, { headers, cache: 'no-cache', signal: giveUp.signal });
      const body: unknown = await answer.json().catch(() => null);
      if (answer.ok) return body;
      const detail =
        isObject(body) && typeof body.detail === 'string' ? body.detail : `The server answered ${answer.status}.`;
      throw new ApiError(answer.status, detail, 1_000 * Number(answer.headers.get('Retry-After') ?? 0));
    } catch (error) {
      throw error instanceof ApiError ? error : new ApiError(0, unreachable(origin));
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  };

  return {
    origin,
    key,
    async messages(parameters, signal) {
      const body = await get(`/messages?${parameters}`, signal);
      if (!isObject(body) || !Array.isArray(body.messages)) throw new ApiError(0, 'The server’s answer is no page.');
      const position = typeof body.position === 'string' ? body.position : '';
      return { messages: body.messages.filter(isMessage), hasMore: body.has_more === true, position };
    },
    async list(path, name) {
      const body = await get(path);
      const list = isObject(body) ? body[name] : null;
      return Array.isArray(list) ? list : [];
    },
    async message(id) {
      const body = await get(`/messages/${encodeURIComponent(id)}`);
      if (!isMessage(body)) throw new ApiError(0, 'The server’s answer is no message.');
      return body;
    },
  };
}

/** The seq in `term:seq`. */
export const seqOf = (position: string): number => Number(position.slice(position.indexOf(':') + 1));
