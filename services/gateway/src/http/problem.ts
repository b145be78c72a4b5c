import { type ParameterProblem, PROBLEM_CONTENT_TYPE, type Problem } from '@dms/protocol';
import type { Response } from 'express';
import { requestIdOf } from './request-id.ts';

const KINDS = {
  400: { type: '/problems/bad-request', title: 'Bad Request' },
  401: { type: '/problems/unauthorized', title: 'Unauthorized' },
  403: { type: '/problems/forbidden', title: 'Forbidden' },
  404: { type: '/problems/not-found', title: 'Not Found' },
  405: { type: '/problems/method-not-allowed', title: 'Method Not Allowed' },
  406: { type: '/problems/not-acceptable', title: 'Not Acceptable' },
  410: { type: '/problems/gone', title: 'Gone' },
  412: { type: '/problems/precondition-failed', title: 'Precondition Failed' },
  413: { type: '/problems/content-too-large', title: 'Content Too Large' },
  416: { type: '/problems/range-not-satisfiable', title: 'Range Not Satisfiable' },
  426: { type: '/problems/upgrade-required', title: 'Upgrade Required' },
  429: { type: '/problems/too-many-requests', title: 'Too Many Requests' },
  500: { type: '/problems/internal-error', title: 'Internal Server Error' },
  503: { type: '/problems/unavailable', title: 'Service Unavailable' },
} as const;
export type ProblemStatus = keyof typeof KINDS;

export interface HttpProblemOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly errors?: readonly ParameterProblem[];
  /** Instead of the status's general type. */
  readonly type?: string;
  /** Members of this kind of problem alone (RFC 9457 §3.2). */
  readonly extensions?: Readonly<Record<string, string>>;
  /** What went wrong inside; logged, never sent. */
  readonly cause?: unknown;
}

/** Thrown anywhere under a route to end the request with this answer. */
export class HttpProblem extends Error {
  readonly code = 'HTTP_PROBLEM';
  readonly status: ProblemStatus;
  readonly headers: Readonly<Record<string, string>>;
  readonly more: Partial<Problem>;

  constructor(status: ProblemStatus, detail: string, options: HttpProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = 'HttpProblem';
    this.status = status;
    this.headers = options.headers ?? {};
    this.more = {
      ...(options.type !== undefined && { type: options.type }),
      ...(options.errors !== undefined && { errors: options.errors }),
      ...options.extensions,
    };
  }
}

const MAX_LISTED_ERRORS = 20;
const MAX_NAME_LENGTH = 100;

/** What a refusal tells: every wrong parameter once per reason, 20 at most, and no name at full length. It is no amplifier. */
export function listProblems(problems: readonly ParameterProblem[]): readonly ParameterProblem[] {
  const distinct = new Map(problems.map((problem) => [`${problem.parameter}\n${problem.detail}`, problem]));
  return [...distinct.values()]
    .slice(0, MAX_LISTED_ERRORS)
    .map(({ parameter, detail }) => ({ parameter: parameter.slice(0, MAX_NAME_LENGTH), detail }));
}

/** The 400 that names what is wrong. */
export function badParameters(problems: readonly ParameterProblem[]): HttpProblem {
  const errors = listProblems(problems);
  const [first] = errors;
  const detail = first === undefined ? 'The query is wrong.' : `${first.parameter} ${first.detail}.`;
  return new HttpProblem(400, errors.length > 1 ? `${detail} See errors for the rest.` : detail, { errors });
}

export function sendProblem(res: Response, problem: HttpProblem): void {
  const body: Problem = {
    ...KINDS[problem.status],
    status: problem.status,
    detail: problem.message,
    instance: requestIdOf(res),
    ...problem.more,
  };
  res.status(problem.status).set({ 'Cache-Control': 'no-store', ...problem.headers });
  // `type` would add a charset, which the media type does not have.
  res.setHeader('Content-Type', PROBLEM_CONTENT_TYPE);
  res.end(res.req.method === 'HEAD' ? undefined : JSON.stringify(body));
}
