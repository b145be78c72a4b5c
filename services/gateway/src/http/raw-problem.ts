import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_CONTENT_TYPE, type Problem } from '@dms/protocol';
import { chooseRequestId } from './request-id.ts';

export interface RawProblemOptions {
  /** The request's `X-Request-Id`, if it got that far. */
  readonly requestId?: string | readonly string[] | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A problem of the kind that `slug` names, titled by its status. */
export const problemOf = (status: number, slug: string, detail: string, errors?: Problem['errors']): Problem => ({
  type: `/problems/${slug}`,
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail,
  ...(errors !== undefined && { errors }),
});

/** For the peer to read the last words and hang up. Hanging up first, on bytes nobody read, would reset the connection under them. */
const LINGER_MS = 1_000;

/** Says its last words and ends the connection within a second, whatever the peer does: nobody else looks after such a socket. */
export function hangUp(socket: Duplex, lastWords = ''): void {
  const lingering = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.on('error', () => socket.destroy()).once('close', () => clearTimeout(lingering));
  socket.end(lastWords);
  socket.resume();
}

/** Refuses where there is no response object: upgrades, and bytes that are no request. Ends the connection. */
export function endWithProblem(socket: Duplex, problem: Problem, options: RawProblemOptions = {}): void {
  const requestId = chooseRequestId(options.requestId);
  const body = JSON.stringify({ ...problem, instance: requestId });
  const headers = {
    'Content-Type': PROBLEM_CONTENT_TYPE,
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
    'X-Request-Id': requestId,
    ...options.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  hangUp(socket, `HTTP/1.1 ${problem.status} ${problem.title}\r\n${lines.join('')}\r\n${body}`);
}
