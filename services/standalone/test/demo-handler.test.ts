import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDemoHandler } from '../src/demo/demo-handler.ts';

describe('what the page of a demo may do', () => {
  let server: Server;
  let origin: string;
  let done: unknown[];

  beforeAll(async () => {
    const handle = createDemoHandler({
      post(message) {
        done.push(message);
        return message.channel === 'nowhere' ? 'no channel is called "nowhere"' : null;
      },
      pauseDiscord: () => void done.push('pause'),
      restartGateway: () => void done.push('restart'),
    });
    server = createServer(handle).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
    origin = `http://127.0.0.1:${address.port}`;
  });
  beforeEach(() => {
    done = [];
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const post = async (path: string, body: unknown, headers: Record<string, string> = { Origin: origin }) =>
    (await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).status;

  it('posts, pauses and restarts for its own page', async () => {
    const message = { channel: '1', user: 'Ada', text: 'hello' };
    expect([await post('/messages', message), await post('/pause', {}), await post('/restart', {})]).toEqual([
      202, 202, 202,
    ]);
    expect(done).toEqual([message, 'pause', 'restart']);
  });

  it('does nothing for other sites, for what is no page, and by any other method', async () => {
    for (const headers of [{ Origin: 'https://evil.example' }, { Origin: 'null' }, {}]) {
      expect(await post('/restart', {}, { ...headers })).toBe(403);
    }
    expect((await fetch(`${origin}/restart`, { headers: { Origin: origin } })).status).toBe(405);
    expect(await post('/elsewhere', {})).toBe(404);
    expect(done).toEqual([]);
  });

  it.each([
    [{ channel: '1', user: 'Ada' }],
    [{ channel: '1', user: '', text: 'x' }],
    [{ channel: '1', user: 'Ada', text: 'x'.repeat(2_001) }],
    [{ channel: '1', user: 'Ada', text: 'x', webhook: true }],
    ['x'.repeat(20_000)],
    [{ channel: 'nowhere', user: 'Ada', text: 'x' }],
  ])('refuses a message that is none', async (body) => {
    expect(await post('/messages', body)).toBe(400);
  });
});
