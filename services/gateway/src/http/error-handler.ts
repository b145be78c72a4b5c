import { DatabaseError } from '@dms/event-log';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { HttpProblem, sendProblem } from './problem.ts';
import { requestIdOf } from './request-id.ts';
import type { HttpLogger } from './views.ts';

/** Messages of our own database errors are safe; that of an error nobody expected may quote anything, so only its name is kept. */
export function describeCause(cause: unknown): Readonly<Record<string, unknown>> {
  if (cause instanceof DatabaseError) return { error: cause };
  return { error: cause instanceof Error ? cause.name : typeof cause, stack: stackFrames(cause) };
}

/** Where it happened, without the first line, which repeats the message. */
const stackFrames = (error: unknown): string | null =>
  error instanceof Error ? (error.stack?.match(/^ {4}at .*$/gm)?.join('\n') ?? null) : null;

const statusOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'status' in error ? error.status : null;

/** Express's own refusals: wrong escapes in the path, and files that are not there or not as the headers want them. */
const EXPRESS_REFUSALS = [
  { status: 400, detail: 'The path is not a valid URL path.' },
  { status: 404, detail: 'There is nothing here.' },
  { status: 412, detail: 'The file is not the one that the headers ask for.' },
  { status: 416, detail: 'The file has no such range.' },
] as const;

function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  const refused = EXPRESS_REFUSALS.find(({ status }) => status === statusOf(error));
  if (refused !== undefined) return new HttpProblem(refused.status, refused.detail);
  return new HttpProblem(500, 'Something went wrong here; the log knows more under this instance.', { cause: error });
}

export const refuseUnknownPath: RequestHandler = (_req, _res, next) => {
  next(new HttpProblem(404, 'There is nothing here.'));
};

/** Last of all middleware: every refusal and every failure becomes problem+json, failures are logged once. */
export function createErrorHandler(logger: HttpLogger): ErrorRequestHandler {
  // Express tells an error handler by its four parameters.
  return (error: unknown, req, res, _next) => {
    const problem = toProblem(error);
    const fields = { requestId: requestIdOf(res), method: req.method, path: req.path, status: problem.status };
    if (problem.status === 500) {
      logger.error('request failed', { ...fields, ...describeCause(problem.cause) });
    } else if (problem.status === 503 && problem.cause !== undefined) {
      logger.warn('request failed', { ...fields, error: problem.cause });
    } else if (problem.status === 401 || problem.status === 403) {
      logger.info('request refused', fields);
    }
    // Half an answer cannot be taken back, only broken off so that the client notices.
    if (res.headersSent) res.destroy();
    else sendProblem(res, problem);
  };
}
