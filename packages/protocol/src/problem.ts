/** One thing wrong with a request; `parameter` is the name the client used. */
export interface ParameterProblem {
  readonly parameter: string;
  readonly detail: string;
}

/** RFC 9457 problem details, the body of every refusal (`application/problem+json`). */
export interface Problem {
  /** A stable slug such as `/problems/bad-request`; never changes meaning. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The request's id, also in `X-Request-Id`, to be quoted in a report. */
  readonly instance?: string;
  readonly errors?: readonly ParameterProblem[];
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';
