import { PROBLEM_CONTENT_TYPE } from '@dms/protocol';
import type { Found, RawPeer } from './raw-peer.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** A stream: the body goes on, and `body` is what came with the head. */
  readonly isEndless: boolean;
}

/** Every status that a hostile request may be answered with while nothing is wrong with the server. */
const EXPECTED_STATUSES: ReadonlySet<number> = new Set([
  200, 204, 206, 304, 400, 401, 403, 404, 405, 406, 408, 410, 412, 413, 416, 426, 429, 431,
]);
/** A refusal is no amplifier. */
const MAX_REFUSAL_BYTES = 8_192;

/** The next whole answer; null when the server hung up without one. */
export function takeAnswer(peer: RawPeer, isHead: boolean): Promise<HttpAnswer | null> {
  return peer.take((received, isClosed) => parseAnswer(received, isHead, isClosed));
}

/** Reads as strictly as a proxy would. Null while it is not complete. @throws Error for what is no HTTP/1.1 answer */
export function parseAnswer(received: Buffer, isHead: boolean, isClosed: boolean): Found<HttpAnswer> | null {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const [statusLine = '', ...lines] = received.toString('latin1', 0, headEnd).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) [\x20-\x7e]*$/.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) throw new Error(`no status line: ${JSON.stringify(statusLine.slice(0, 200))}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~\w-]+): ?([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`no header: ${JSON.stringify(line.slice(0, 200))}`);
    headers.set(name.toLowerCase(), value);
  }
  const bodyStart = headEnd + 4;
  const found = (body: string, usedBytes: number, isEndless = false): Found<HttpAnswer> => ({
    value: { status, headers, body, isEndless },
    usedBytes,
  });
  if (isHead || status === 204 || status === 304 || status === 101) return found('', bodyStart);
  const rest = received.subarray(bodyStart);
  const type = headers.get('content-type') ?? '';
  if (status === 200 && /^(text\/event-stream|application\/x-ndjson)/.test(type))
    return found(rest.toString(), received.length, true);
  if (headers.get('transfer-encoding') === 'chunked') {
    const body = joinChunks(rest);
    return body === null ? null : found(body.value, bodyStart + body.usedBytes);
  }
  const length = headers.get('content-length');
  if (length === undefined) return isClosed ? found(rest.toString(), received.length) : null;
  const bytes = Number(length);
  return rest.length < bytes ? null : found(rest.toString('utf8', 0, bytes), bodyStart + bytes);
}

function joinChunks(bytes: Buffer): Found<string> | null {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (bytes.length < end + 2) return null;
    if (size === 0) return { value: Buffer.concat(parts).toString(), usedBytes: end + 2 };
    parts.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}

/** What is wrong with an answer to a hostile request, in words; null when nothing is. */
export function judgeAnswer(answer: HttpAnswer, isHead: boolean): string | null {
  const { status, headers, body } = answer;
  const isBusy = status === 503 && /exports are running/.test(body);
  if (!EXPECTED_STATUSES.has(status) && !isBusy) return `unexpected status ${status}: ${body.slice(0, 300)}`;
  if (status < 400) return null;
  const type = headers.get('content-type');
  if (type !== PROBLEM_CONTENT_TYPE) return `${status} is no problem+json but ${type}`;
  if (isHead) return null;
  if (body.length > MAX_REFUSAL_BYTES) return `${status} with ${body.length} bytes`;
  const problem: unknown = parseJson(body);
  if (typeof problem !== 'object' || problem === null) return `${status} whose body is no JSON: ${body.slice(0, 300)}`;
  const { type: slug, title, status: said, detail, instance } = { ...emptyProblem, ...problem };
  const isWhole = /^\/problems\/[a-z-]+$/.test(String(slug)) && /\w/.test(String(title)) && /\w/.test(String(detail));
  if (!isWhole || said !== status || instance === '') return `${status} is no whole problem: ${body.slice(0, 300)}`;
  if (/\n {4}at |node_modules|postgres|prisma/i.test(body))
    return `${status} tells of the inside: ${body.slice(0, 300)}`;
  return null;
}

const emptyProblem = { type: '', title: '', status: 0, detail: '', instance: '' };

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
