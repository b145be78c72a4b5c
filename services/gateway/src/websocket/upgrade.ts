import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  CloseCode,
  PROBLEM_CONTENT_TYPE,
  type Problem,
  parseStreamQuery,
  type StreamQuery,
  SUBPROTOCOL,
} from '@dms/protocol';
import type { Access } from '../access/access.ts';
import type { GrantedKey } from '../access/keys.ts';
import { findKeyParameter, KEY_PARAMETER_DETAIL, presentedKey } from '../access/presented-key.ts';
import { chooseRequestId } from '../http/request-id.ts';

const STREAM_PATHS: ReadonlySet<string> = new Set(['/ws', '/v1/ws']);
const KEY_PROTOCOL_PREFIX = 'bearer.';

/** What a client asked for with its upgrade request, or the refusal it gets instead (HTTP, before any socket is made). */
export type UpgradeVerdict =
  | { readonly kind: 'accept'; readonly query: StreamQuery; readonly key: GrantedKey }
  | Refusal;

export interface Refusal {
  readonly kind: 'refuse';
  readonly problem: Problem;
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
    readonly closeCode?: CloseCode | null;
  } = {},
): Refusal => ({
  kind: 'refuse',
  problem: {
    type: `/problems/${slug}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    ...(extra.errors !== undefined && { errors: extra.errors }),
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

/** Checks path, origin, key and query, in that order: strangers learn nothing about parameters. */
export function judgeUpgrade(request: IncomingMessage, access: Access, nowMs: number): UpgradeVerdict {
  const target = request.url ?? '/';
  // Not every request target is a URL; the base only serves to parse one that is a path.
  if (!URL.canParse(target, 'http://gateway')) return refusal(400, 'bad-request', 'The request target is not a path');
  const url = new URL(target, 'http://gateway');
  if (!STREAM_PATHS.has(url.pathname)) return refusal(404, 'not-found', 'WebSocket connections are accepted at /ws');
  if (request.method !== 'GET') return refusal(405, 'method-not-allowed', 'A WebSocket begins with GET');
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
  const detail = query.problems.map((problem) => `${problem.parameter} ${problem.detail}`).join('; ');
  return refusal(400, 'bad-request', detail, { errors: query.problems });
}

/** Answers an upgrade request with a plain HTTP response and ends the connection. */
export function refuseUpgrade(request: IncomingMessage, socket: Duplex, verdict: Refusal): void {
  const requestId = chooseRequestId(request.headers['x-request-id']);
  const body = JSON.stringify({ ...verdict.problem, instance: requestId });
  const headers = [
    `HTTP/1.1 ${verdict.problem.status} ${verdict.problem.title}`,
    `Content-Type: ${PROBLEM_CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    `X-Request-Id: ${requestId}`,
    ...(verdict.problem.status === 401 ? ['WWW-Authenticate: Bearer realm="dms"'] : []),
    ...(verdict.retryAfterSeconds === null ? [] : [`Retry-After: ${verdict.retryAfterSeconds}`]),
  ];
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}
