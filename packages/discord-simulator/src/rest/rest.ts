import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultSpec } from '../faults/fault.ts';
import type { FaultBook } from '../faults/fault-book.ts';
import { readBody, sendJson } from '../http.ts';
import { type Fields, InputError, parseFields } from '../input.ts';
import { accountRoutes } from './account-routes.ts';
import { historyRoutes } from './history-routes.ts';
import { type Match, matchRoute } from './match-route.ts';
import { messageRoutes } from './message-routes.ts';
import { createRateLimiter, type RateVerdict } from './rate-limits.ts';
import { reactionRoutes } from './reaction-routes.ts';
import { RestError, restErrors } from './rest-error.ts';
import type { RestContext, Route } from './route.ts';
import { threadRoutes } from './thread-routes.ts';

const ROUTES: readonly Route[] = [
  ...accountRoutes,
  ...historyRoutes,
  ...messageRoutes,
  ...reactionRoutes,
  ...threadRoutes,
];

export interface RestOptions {
  readonly context: RestContext;
  readonly faults: FaultBook;
  readonly isTokenValid: (token: string) => boolean;
  readonly rateLimits: boolean;
  /** Ends pending delays when the simulator closes. */
  readonly signal: AbortSignal;
}

export interface Rest {
  /** Answers one request whose path is `path` under `/api/v10`. Never throws. */
  readonly handle: (
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
  ) => Promise<void>;
  /** Requests since the start, and those that count towards Discord's ban (401, 403, 429). */
  readonly counts: { requests: number; invalid: number };
}

/** Discord's REST API v10, as far as reading and mirroring a server needs it. */
export function createRest(options: RestOptions): Rest {
  const { faults, context } = options;
  const limiter = createRateLimiter();
  const counts = { requests: 0, invalid: 0 };

  const pause = async (ms: number): Promise<void> => {
    if (ms > 0) await delay(ms, undefined, { signal: options.signal });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse, path: string, query: URLSearchParams) => {
    const slow = faults.take('rest_delay', touches(path));
    const delayMs = slow?.spec.kind === 'rest_delay' ? slow.spec.ms : 0;
    const isAnsweredFirst = slow?.spec.kind === 'rest_delay' && slow.spec.answered === true;
    if (!isAnsweredFirst) await pause(delayMs);
    const fault = faults.take('rest', touches(path));
    if (fault?.spec.kind === 'rest') {
      sendFault(response, fault.spec);
      return;
    }
    const token = tokenOf(request);
    if (token === null || !options.isTokenValid(token)) throw restErrors.unauthorized();
    const match = matchRoute(ROUTES, request.method ?? 'GET', path);
    const headers = options.rateLimits ? spend(token, match, response) : {};
    if (headers === null) return;
    try {
      const body = await bodyOf(request);
      const host = request.headers.host ?? 'localhost';
      const result = match.route.handle({ token, host, params: match.params, query, body }, context);
      if (isAnsweredFirst) await pause(delayMs);
      sendJson(response, result.status ?? (result.body === undefined ? 204 : 200), result.body, headers);
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      sendError(response, error, headers);
    }
  };

  const spend = (token: string, match: Match, response: ServerResponse): Readonly<Record<string, string>> | null => {
    const { route, majorRoute } = match;
    const isHistory = route.path === '/channels/:channel/messages' && route.method === 'GET';
    const lies = isHistory && faults.take('lying_headers') !== undefined;
    const verdict = limiter.spend(token, majorRoute, `${route.method} ${route.path}`, route.limit, lies);
    if (verdict.kind === 'go') return verdict.headers;
    sendLimited(response, verdict);
    return null;
  };

  return {
    counts,
    handle: async (request, response, path, query) => {
      counts.requests += 1;
      try {
        await answer(request, response, path, query);
      } catch (error) {
        if (error instanceof RestError) sendError(response, error);
        else if (options.signal.aborted) response.destroy();
        else sendError(response, new RestError(500, 0, '500: Internal Server Error'));
      }
      if ([401, 403, 429].includes(response.statusCode)) counts.invalid += 1;
    },
  };
}

function touches(path: string): (spec: FaultSpec) => boolean {
  return (spec) => !('path' in spec) || spec.path === undefined || path.includes(spec.path);
}

function tokenOf(request: IncomingMessage): string | null {
  return /^Bot (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

async function bodyOf(request: IncomingMessage): Promise<Fields> {
  const text = await readBody(request);
  if (text === '') return {};
  try {
    return parseFields(text);
  } catch (error) {
    if (error instanceof InputError) throw restErrors.badJson();
    throw error;
  }
}

function sendFault(response: ServerResponse, spec: Extract<FaultSpec, { kind: 'rest' }>): void {
  const { status } = spec;
  if (status === 429) {
    const retryAfterSeconds = spec.retry_after ?? 1;
    const scope = spec.global === true ? 'global' : 'user';
    const headers = {
      'retry-after': String(Math.ceil(retryAfterSeconds)),
      'x-ratelimit-scope': scope,
      ...(spec.global === true
        ? { 'x-ratelimit-global': 'true' }
        : { 'x-ratelimit-reset-after': String(retryAfterSeconds) }),
    };
    sendLimited(response, { kind: 'limited', headers, retryAfterSeconds, global: spec.global === true });
    return;
  }
  if (status === 401) sendError(response, restErrors.unauthorized());
  else if (status === 403) sendError(response, restErrors.missingAccess());
  else sendError(response, new RestError(status, 0, `${status}: refused on purpose`));
}

function sendLimited(response: ServerResponse, verdict: Extract<RateVerdict, { kind: 'limited' }>): void {
  const { retryAfterSeconds, global, headers } = verdict;
  const body = { message: 'You are being rate limited.', retry_after: Number(retryAfterSeconds.toFixed(3)), global };
  sendJson(response, 429, body, headers);
}

function sendError(response: ServerResponse, error: RestError, headers: Readonly<Record<string, string>> = {}): void {
  const { status, code, message, errors } = error;
  sendJson(response, status, { message, code, ...(errors === undefined ? {} : { errors }) }, headers);
}
