import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { checkLeaks } from '@dms/test-kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRestClient, type RestClient, type RestError } from '../src/index.ts';

checkLeaks();

const TOTAL = 250;
const BACKOFF = { firstMs: 1, maxMs: 2 };

/** Ids 1 to 250, as `/messages` pages them. */
function pageOf(query: URLSearchParams) {
  const limit = Number(query.get('limit') ?? 50);
  const ids = Array.from({ length: TOTAL }, (_, index) => index + 1);
  const after = query.get('after');
  const before = query.get('before');
  const wanted = ids.filter((id) => (after === null || id > Number(after)) && (before === null || id < Number(before)));
  const page = after === null ? wanted.slice(-limit) : wanted.slice(0, limit);
  return {
    messages: page.reverse().map((id) => ({ id: `${id}`, content: `message ${id}` })),
    has_more: wanted.length > limit,
    position: `1:${TOTAL}`,
  };
}

describe('the REST helpers', () => {
  let server: Server;
  let rest: RestClient;
  let url: string;
  let requests: IncomingMessage[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  beforeEach(async () => {
    requests = [];
    answer = (request, response) =>
      response.end(JSON.stringify(pageOf(new URL(request.url ?? '', 'http://test').searchParams)));
    server = createServer((request, response) => {
      requests.push(request);
      response.setHeader('Connection', 'close');
      answer(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    rest = createRestClient({ url, key: 'secret', backoff: BACKOFF });
  });
  afterEach(async () => {
    server.close();
    await once(server, 'close');
  });

  const idsOf = async (messages: AsyncIterable<{ readonly id: string }>): Promise<number[]> => {
    const ids: number[] = [];
    for await (const { id } of messages) ids.push(Number(id));
    return ids;
  };
  const refuse = (status: number, body: object, headers: Record<string, string> = {}) => {
    answer = (_request, response) => response.writeHead(status, headers).end(JSON.stringify(body));
  };
  const ALL = Array.from({ length: TOTAL }, (_, index) => index + 1);

  it('walks through every message, newest first, page after page, with the key in a header', async () => {
    expect(await idsOf(rest.messages({ channel_id: ['7', '8'] }))).toEqual(ALL.toReversed());
    expect(requests).toHaveLength(3);
    expect(requests[1]?.url).toBe('/messages?channel_id=7%2C8&limit=100&before=151');
    expect(new Set(requests.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer secret']));
  });

  it('walks forward from where it is told, oldest first', async () => {
    expect(await idsOf(rest.messages({ after: '20' }))).toEqual(ALL.slice(20));
    expect(requests[1]?.url).toBe('/messages?limit=100&after=120');
  });

  it('asks for no page that nobody reads', async () => {
    for await (const { id } of rest.messages()) if (id === '200') break;
    expect(requests).toHaveLength(1);
  });

  it('a snapshot is everything, and where the stream goes on', async () => {
    const { position, messages } = await rest.snapshot();
    expect(position).toBe('1:250');
    expect(await idsOf(messages)).toEqual(ALL.toReversed());
    expect(requests).toHaveLength(3);
  });

  it('passes on what the server says of a wrong request, and asks once', async () => {
    refuse(400, { detail: 'limit must be an integer', errors: [{ parameter: 'limit', detail: 'must be an integer' }] });
    await expect(rest.messagePage({ limit: 1000 })).rejects.toMatchObject({
      name: 'RestError',
      status: 400,
      isPassing: false,
      message: 'limit must be an integer',
      problem: { errors: [{ parameter: 'limit' }] },
    });
    expect(requests).toHaveLength(1);
  });

  it.each([429, 502, 503, 504])('tries again after %d, as often as allowed', async (status) => {
    refuse(status, { detail: 'busy' });
    await expect(rest.guilds()).rejects.toMatchObject({ status, isPassing: true, message: 'busy' });
    expect(requests).toHaveLength(5);
  });

  it('waits as long as Retry-After says', async () => {
    const goOn = answer;
    const startedAtMs = performance.now();
    answer = (_request, response) => {
      answer = goOn;
      response.writeHead(503, { 'Retry-After': '0.2' }).end();
    };
    expect((await rest.messagePage()).position).toBe('1:250');
    expect(performance.now() - startedAtMs).toBeGreaterThan(190);
  });

  it('tells that nobody answers, and that it may pass', async () => {
    const nobody = createRestClient({ url: 'http://127.0.0.1:1', maxRetries: 1, backoff: BACKOFF });
    const error: RestError = await nobody.get('/health').then(
      () => {
        throw new Error('somebody answered');
      },
      (reason) => reason,
    );
    expect([error.status, error.isPassing, error.message]).toEqual([0, true, 'no answer from 127.0.0.1:1']);
  });

  it('does not take a page of somebody else for an answer', async () => {
    answer = (_request, response) => response.end('<html>welcome</html>');
    await expect(rest.channels()).rejects.toThrow('no JSON object');
  });

  it('tries again when an answer broke off in the middle', async () => {
    const goOn = answer;
    answer = (_request, response) => {
      answer = goOn;
      response.write('{"messages":[{"id":"1"', () => response.destroy());
    };
    expect((await rest.messagePage()).position).toBe('1:250');
    expect(requests).toHaveLength(2);
  });

  it('ends with the signal, also while it waits', async () => {
    refuse(503, {}, { 'Retry-After': '600' });
    const controller = new AbortController();
    const ended = createRestClient({ url, signal: controller.signal }).guilds();
    server.once('request', () => setTimeout(() => controller.abort(new Error('enough')), 10));
    await expect(ended).rejects.toThrow('enough');
  });
});
