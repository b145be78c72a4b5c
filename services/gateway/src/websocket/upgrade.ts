import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, type Problem, parseStreamQuery, type StreamQuery, SUBPROTOCOL } from '@dms/protocol';
import type { Access } from '../access/access.ts';
import type { GrantedKey } from '../access/keys.ts';
import { findKeyParameter, KEY_PARAMETER_DETAIL, presentedKey } from '../access/presented-key.ts';
import { badParameters } from '../http/problem.ts';
import { endWithProblem, problemOf } from '../http/raw-problem.ts';
import { lacksHost, NO_HOST_DETAIL } from '../http/request-guards.ts';

const STREAM_PATHS: ReadonlySet<string> = new Set(['/ws', '/v1/ws']);
/** https://www.rfc-editor.org/rfc/rfc6455#section-4.4 */
const VERSION = '13';
const KEY_PROTOCOL_PREFIX = 'bearer.';

/** What a client asked for with its upgrade request, or the refusal it gets instead (HTTP, before any socket is made). */
export type UpgradeVerdict =
  | { readonly kind: 'accept'; readonly query: StreamQuery; readonly key: GrantedKey }
  | Refusal;

export interface Refusal {
  readonly kind: 'refuse';
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
  readonly retryAfterSeconds: number | null;
  /** What a client is told instead that cannot read HTTP answers; null = nothing. */
  readonly closeCode: CloseCode | null;
}

export const refusal = (
  status: number,
  slug: string,
  detail: string,
  extra: {
    readonly errors?: Problem['errors'];
    readonly retryAfterSeconds?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly closeCode?: CloseCode | null;
  } = {},
): Refusal => ({
  kind: 'refuse',
  problem: problemOf(status, slug, detail, extra.errors),
  headers: {
    ...extra.headers,
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer realm="dms"' }),
    ...(extra.retryAfterSeconds !== undefined && { 'Retry-After': String(extra.retryAfterSeconds) }),
  },
  retryAfterSeconds: extra.retryAfterSeconds ?? null,
  closeCode: extra.closeCode ?? null,
});

/** The subprotocols a client offers, keys included. */
export function offeredProtocols(request: IncomingMessage): readonly string[] {
  const header = request.headers['sec-websocket-protocol'] ?? '';
  return header
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** False when the client speaks only protocols this server does not know; offering none means any. */
export function speaksOurProtocol(offered: Iterable<string>): boolean {
  const named = [...offered].filter((name) => !name.startsWith(KEY_PROTOCOL_PREFIX));
  return named.length === 0 || named.includes(SUBPROTOCOL);
}

/** A path, or a whole URL as proxies send it. A path may begin with two slashes, and is no host then. */
function parseTarget(target: string): URL | null {
  const whole = target.startsWith('/') ? `http://gateway${target}` : target;
  return URL.canParse(whole) ? new URL(whole) : null;
}

/** Checks path, origin, key and query, in that order: strangers learn nothing about parameters. */
export function judgeUpgrade(request: IncomingMessage, access: Access, nowMs: number): UpgradeVerdict {
  const url = parseTarget(request.url ?? '');
  if (url === null) return refusal(400, 'bad-request', 'The request target is not a path');
  if (!STREAM_PATHS.has(url.pathname)) return refusal(404, 'not-found', 'WebSocket connections are accepted at /ws');
  if (request.method !== 'GET') return refusal(405, 'method-not-allowed', 'A WebSocket begins with GET');
  if (request.httpVersion !== '1.1') return refusal(400, 'bad-request', 'A WebSocket begins with HTTP/1.1');
  if (lacksHost(request)) return refusal(400, 'bad-request', NO_HOST_DETAIL);
  if (request.headers['sec-websocket-version'] !== VERSION) {
    return refusal(426, 'upgrade-required', `Only version ${VERSION} of WebSocket is spoken here`, {
      headers: { 'Sec-WebSocket-Version': VERSION },
    });
  }
  if (!access.isAllowedOrigin(request.headers.origin, request.headers.host)) {
    return refusal(403, 'origin-not-allowed', 'This origin is not in ALLOWED_ORIGINS');
  }
  const keyParameter = findKeyParameter(url.searchParams);
  if (keyParameter !== null) {
    const errors = [{ parameter: keyParameter, detail: KEY_PARAMETER_DETAIL }];
    return refusal(400, 'bad-request', KEY_PARAMETER_DETAIL, { errors });
  }
  const authorization = access.authorize(presentedKey(request.headers), 'read');
  if (!authorization.ok) {
    return refusal(
      authorization.status,
      authorization.status === 401 ? 'unauthorized' : 'forbidden',
      authorization.detail,
      { closeCode: CloseCode.BadKey },
    );
  }
  const query = parseStreamQuery(url.searchParams, nowMs);
  if (query.ok) return { kind: 'accept', query: query.value, key: authorization.key };
  const { message, more } = badParameters(query.problems);
  return refusal(400, 'bad-request', message, { errors: more.errors ?? [] });
}

/** Answers an upgrade request with a plain HTTP response and ends the connection. */
export function refuseUpgrade(request: IncomingMessage, socket: Duplex, { problem, headers }: Refusal): void {
  endWithProblem(socket, problem, { requestId: request.headers['x-request-id'], headers });
}
