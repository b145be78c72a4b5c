import type { IncomingMessage } from 'node:http';
import type { ApiScope } from '@dms/runtime';
import type { Request, RequestHandler } from 'express';
import type { Access } from '../access/access.ts';
import type { GrantedKey } from '../access/keys.ts';
import { findKeyParameter, KEY_PARAMETER_DETAIL, presentedKey } from '../access/presented-key.ts';
import { badParameters, HttpProblem } from './problem.ts';

/** The decoded query in the order given, repeats included. Never throws: wrong escapes stay as they are. */
export function queryPairs(url: string): readonly (readonly [string, string])[] {
  const start = url.indexOf('?');
  return start === -1 ? [] : [...new URLSearchParams(url.slice(start + 1))];
}

/** RFC 9112 §3.2; HTTP/1.0 has no such header. */
export const lacksHost = ({ headers, httpVersion }: IncomingMessage): boolean =>
  headers.host === undefined && httpVersion === '1.1';

export const NO_HOST_DETAIL = 'The Host header is missing.';

export const requireHost: RequestHandler = (req, res, next) => {
  if (!lacksHost(req)) return next();
  res.setHeader('Connection', 'close');
  next(new HttpProblem(400, NO_HOST_DETAIL));
};

const hasBody = (req: IncomingMessage): boolean =>
  req.headers['transfer-encoding'] !== undefined || (req.headers['content-length'] ?? '0') !== '0';

/** How much of a body, and for how long, is read and thrown away before it is refused. */
const MAX_UNWANTED_BYTES = 65_536;
const MAX_UNWANTED_MS = 1_000;

/** Hanging up on bytes that nobody read resets the connection, and the answer is lost with it. */
function afterBody(req: IncomingMessage, then: () => void): void {
  // Such a body waits for an invitation, which it does not get.
  if (req.headers.expect !== undefined) return then();
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > MAX_UNWANTED_BYTES) finish();
  };
  const waiting = setTimeout(() => finish(), MAX_UNWANTED_MS);
  const finish = (): void => {
    clearTimeout(waiting);
    req.off('data', count).off('end', finish);
    then();
  };
  req.on('data', count).once('end', finish);
  req.once('close', () => clearTimeout(waiting));
}

/** Nothing here wants a body. The connection ends with the answer, so that what follows is never taken for a request. */
export const refuseBody: RequestHandler = (req, res, next) => {
  if (!hasBody(req)) return next();
  res.setHeader('Connection', 'close');
  const isRead = req.method === 'GET' || req.method === 'HEAD';
  afterBody(req, () => next(isRead ? new HttpProblem(413, `A ${req.method} request here has no body.`) : undefined));
};

/** For the end of a route; OPTIONS was answered before routing. */
export const refuseOtherMethods =
  (...allowed: readonly string[]): RequestHandler =>
  (req, _res, next) => {
    const headers = { Allow: [...allowed, 'OPTIONS'].join(', ') };
    next(new HttpProblem(405, `${req.method} is not possible here.`, { headers }));
  };

/** For the end of a route that answers GET and, with it, HEAD. */
export const refuseMethod: RequestHandler = refuseOtherMethods('GET', 'HEAD');

/** For requests that change something: they say everything in the address. @throws HttpProblem 413 */
export function requireNoBody(req: Request): void {
  if (hasBody(req)) throw new HttpProblem(413, `A ${req.method} request here has no body.`);
}

export const refuseKeyInQuery: RequestHandler = (req, _res, next) => {
  const parameter = findKeyParameter(queryPairs(req.url));
  if (parameter === null) return next();
  next(new HttpProblem(400, KEY_PARAMETER_DETAIL, { errors: [{ parameter, detail: 'must not be in the query' }] }));
};

/** The key that opens this request, for narrowing what it sees. @throws HttpProblem 401 or 403 */
export function requireScope(access: Access, req: Request, scope: ApiScope): GrantedKey {
  const authorization = access.authorize(presentedKey(req.headers), scope);
  if (authorization.ok) return authorization.key;
  const headers = authorization.status === 401 ? { 'WWW-Authenticate': 'Bearer realm="dms"' } : {};
  throw new HttpProblem(authorization.status, authorization.detail, { headers });
}

/** The same for what concerns all channels. @throws HttpProblem 401 or 403 */
export function requireUnboundScope(access: Access, req: Request, scope: ApiScope): GrantedKey {
  const key = requireScope(access, req, scope);
  if (key.channels === null) return key;
  throw new HttpProblem(403, `The key "${key.name}" sees some channels only, and this concerns all of them.`);
}

/** For routes without any parameter. @throws HttpProblem 400 */
export function requireNoParameters(req: Request): void {
  const problems = queryPairs(req.url).map(([parameter]) => ({
    parameter,
    detail: 'is not a parameter of this route',
  }));
  if (problems.length > 0) throw badParameters(problems);
}
