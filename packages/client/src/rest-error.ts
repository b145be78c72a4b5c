import type { Problem } from '@dms/protocol/vocabulary';
import { isObject } from './server-frame.ts';

/** The server's own sentence, or what happened instead of an answer. */
export class RestError extends Error {
  readonly code = 'rest_failed';
  /** HTTP status; 0 = no answer came. */
  readonly status: number;
  /** The body of a refusal (RFC 9457); null when there was none. */
  readonly problem: Partial<Problem> | null;
  /** Asking again may help. */
  readonly isPassing: boolean;
  constructor(status: number, message: string, problem: Partial<Problem> | null = null, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RestError';
    this.status = status;
    this.problem = problem;
    this.isPassing = PASSING_STATUSES.has(status);
  }
}

const PASSING_STATUSES: ReadonlySet<number> = new Set([0, 429, 502, 503, 504]);

/** What an answer other than 2xx says. */
export function refusalOf(status: number, body: unknown): RestError {
  const problem = isObject(body) ? body : null;
  const detail = typeof problem?.detail === 'string' ? problem.detail : `the server answered ${status}`;
  return new RestError(status, detail, problem);
}
