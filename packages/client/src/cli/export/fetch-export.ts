import type { IncomingMessage } from 'node:http';
import { request as requestPlain } from 'node:http';
import { request as requestEncrypted } from 'node:https';
import { detailOf } from '../problem-detail.ts';
import { reasonOf } from '../reason-of.ts';
import type { ExportCommand } from './export-command.ts';

/** Nobody answered, or the answer broke off. */
export class ExportFailedError extends Error {
  readonly code = 'export_failed';
  /** The server was reached and refused for good. */
  readonly isFinal: boolean;
  constructor(message: string, isFinal: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ExportFailedError';
    this.isFinal = isFinal;
  }
}

const STALL_MS = 60_000;
const PASSING_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** The bytes of `/export`, as they come, to the very end: Node's `fetch` takes an answer that was cut for a whole one when the
 *  server meant to close the connection anyway. @throws ExportFailedError */
export async function* fetchExport(
  { url, filter, before, format }: ExportCommand,
  after: string | undefined,
  key: string | null,
): AsyncGenerator<Uint8Array, void, undefined> {
  const address = new URL(`${url}/export`);
  const lists = Object.entries(filter).map(([name, ids]) => [name, ids?.join(',')] as const);
  for (const [name, value] of [...lists, ['after', after], ['before', before], ['format', format]] as const) {
    if (value !== undefined) address.searchParams.set(name, value);
  }
  try {
    const response = await ask(address, key === null ? {} : { Authorization: `Bearer ${key}` });
    if (response.statusCode !== 200) throw await refusalOf(response);
    for await (const chunk of response) yield chunk;
    if (!response.complete) throw new Error('the answer broke off');
  } catch (cause) {
    if (cause instanceof ExportFailedError) throw cause;
    throw new ExportFailedError(`${address.host}: ${reasonOf(cause)}`, false, { cause });
  }
}

function ask(address: URL, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
  const send = address.protocol === 'https:' ? requestEncrypted : requestPlain;
  return new Promise((resolve, reject) => {
    const request = send(address, { headers, timeout: STALL_MS, agent: false }, resolve);
    request.once('timeout', () => request.destroy(new Error(`nothing came for ${STALL_MS / 1_000} s`)));
    request.on('error', reject);
    request.end();
  });
}

async function refusalOf(response: IncomingMessage): Promise<ExportFailedError> {
  const status = response.statusCode ?? 0;
  const text = Buffer.concat(await response.toArray()).toString();
  return new ExportFailedError(detailOf(text) ?? `the server answered ${status}`, !PASSING_STATUSES.has(status));
}
