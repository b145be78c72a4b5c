import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';

const HEADER = 'X-Request-Id';
const SANE_ID = /^[A-Za-z0-9._:=+/-]{1,64}$/;

/** The caller's own id when it can be logged and echoed without harm, else a new one. */
export function chooseRequestId(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' && SANE_ID.test(header) ? header : randomUUID();
}

/** First of all middleware: everything after it may fail and will want to name the request. */
export const assignRequestId: RequestHandler = (req, res, next) => {
  res.setHeader(HEADER, chooseRequestId(req.headers['x-request-id']));
  next();
};

export function requestIdOf(res: ServerResponse): string {
  return String(res.getHeader(HEADER) ?? '');
}
