import { hashApiKey, masterApiKey } from '@dms/runtime';
import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { createTestApp, type LogLine, MASTER_KEY, UNREACHABLE_LOG } from './fixture.ts';
import { expectProblem, wrongParameters } from './problem-matchers.ts';

const ROUTES = [
  '/messages',
  '/messages/5',
  '/channels',
  '/channels/5',
  '/channels/5/messages',
  '/guilds',
  '/guilds/5',
  '/stats',
];
const HEALTH_ROUTES = ['/health', '/health/live', '/health/ready'];

describe('unknown paths', () => {
  it.each([
    '/nothing',
    '/v1',
    '/v1/',
    '/v1/v1/messages',
    '/v2/messages',
    '/Messages',
    '/messages/5/6',
    '/messagesx',
    '//messages',
    '/exports',
    '/openapi',
    '/metrics',
    '/..%2f..%2fetc/passwd',
    '/.env',
    '/package.json',
  ])('%s is answered 404', async (path) => {
    expectProblem(await request(createTestApp()).get(path), 404);
  });

  it.each(['/messages/%zz', '/channels/%E0%A4%A'])('%s is no path: 400', async (path) => {
    expectProblem(await request(createTestApp()).get(path), 400);
  });
});

describe('methods', () => {
  it.each([...ROUTES, ...HEALTH_ROUTES].flatMap((route) => [route, `/v1${route}`]))(
    '%s answers only GET and HEAD',
    async (route) => {
      const app = createTestApp();
      for (const method of ['post', 'put', 'patch', 'delete', 'trace'] as const) {
        const response = await request(app)[method](route);
        expectProblem(response, 405);
        expect(response.headers.allow).toBe('GET, HEAD, OPTIONS');
      }
    },
  );

  it.each(['/', '/viewer.js'])('the page at %s answers only GET and HEAD', async (path) => {
    const app = createTestApp();
    expectProblem(await request(app).post(path), 405);
    expect((await request(app).head(path)).status).toBe(200);
  });

  // Both were 500, and a line in the log for the operator to wonder at.
  it('files of the page are refused as their conditions ask', async () => {
    expectProblem(await request(createTestApp()).get('/viewer.js').set('If-Match', '"other"'), 412);
    expectProblem(await request(createTestApp()).get('/viewer.js').set('Range', 'bytes=99999999-'), 416);
  });

  it('HEAD answers like GET without a body, refusals included', async () => {
    const app = createTestApp();
    const [get, head] = [await request(app).get('/messages'), await request(app).head('/messages')];
    expect([head.status, head.text, head.headers['content-type']]).toEqual([
      200,
      undefined,
      get.headers['content-type'],
    ]);
    const refused = await request(app).head('/messages?limit=0');
    expect([refused.status, refused.text]).toEqual([400, undefined]);
  });

  it('a plain request to the WebSocket’s address is told to upgrade', async () => {
    const response = await request(createTestApp()).get('/ws?channel_id=5');
    expectProblem(response, 426);
    expect(response.headers.upgrade).toBe('websocket');
  });
});

describe('bodies', () => {
  it.each(['/messages', '/health', '/', '/nothing'])(
    'a GET of %s with a body is refused and hung up on',
    async (path) => {
      const response = await request(createTestApp()).get(path).send({ limit: 5 });
      expectProblem(response, 413);
      expect(response.headers.connection).toBe('close');
    },
  );

  it('a POST with a body is refused for its method, and hung up on', async () => {
    const response = await request(createTestApp()).post('/messages').send('x'.repeat(100_000));
    expectProblem(response, 405);
    expect(response.headers.connection).toBe('close');
  });

  it('an empty body is none', async () => {
    expect((await request(createTestApp()).get('/messages').set('Content-Length', '0')).status).toBe(200);
  });
});

describe('request ids', () => {
  it.each(['abc', '0af7651916cd43dd8448eb211c80319c', 'a.b_c:d-e=f/g+h', 'x'.repeat(64)])(
    'keeps the caller’s id %s',
    async (id) => {
      const response = await request(createTestApp()).get('/nothing').set('X-Request-Id', id);
      expect([response.headers['x-request-id'], response.body.instance]).toEqual([id, id]);
    },
  );

  it.each(['x'.repeat(65), 'a b', 'a,b', '<script>', '{"a":1}', 'ä'])('replaces the id %j', async (id) => {
    const response = await request(createTestApp()).get('/nothing').set('X-Request-Id', id);
    expect(response.headers['x-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(response.body.instance).toBe(response.headers['x-request-id']);
  });

  it('gives every answer an id', async () => {
    expect((await request(createTestApp()).get('/messages')).headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('parameters', () => {
  it('names each wrong one', async () => {
    const response = await request(createTestApp()).get('/messages?limit=0&before=x&include_deleted=2');
    expect(wrongParameters(response)).toEqual(['include_deleted', 'before', 'limit']);
  });

  it('sees a repeat', async () => {
    expect(wrongParameters(await request(createTestApp()).get('/messages?limit=1&limit=2'))).toEqual(['limit']);
  });

  it('does not answer a hundred wrong ids with a hundred problems', async () => {
    const ids = Array.from({ length: 100 }, () => 'x').join(',');
    expect(wrongParameters(await request(createTestApp()).get(`/messages?channel_id=${ids}`))).toEqual(['channel_id']);
    const names = Array.from({ length: 100 }, (_, index) => `p${index}=1`).join('&');
    expect(wrongParameters(await request(createTestApp()).get(`/messages?${names}`))).toHaveLength(20);
    expect(wrongParameters(await request(createTestApp()).get(`/messages?${'n'.repeat(9_000)}=1`))).toEqual([
      'n'.repeat(100),
    ]);
  });

  it.each(['/messages/5', '/channels', '/channels/5', '/guilds', '/guilds/5'])('%s takes none', async (route) => {
    expect(wrongParameters(await request(createTestApp()).get(`${route}?limit=5`))).toEqual(['limit']);
  });

  it.each(['', 'abc', '-1', '1.5', '9223372036854775808', '1'.repeat(40), '%00', '1%0d%0a', '１'])(
    'the id %j in a path is refused',
    async (id) => {
      const app = createTestApp();
      for (const route of ['/messages', '/channels', '/guilds']) {
        if (id !== '') expect(wrongParameters(await request(app).get(`${route}/${id}`))).toEqual(['id']);
      }
    },
  );

  it('survives a query as long as the headers allow', async () => {
    const response = await request(createTestApp()).get(`/messages?channel_id=${'1,'.repeat(6_000)}1`);
    expect(wrongParameters(response)).toEqual(['channel_id']);
  });
});

describe('keys at the door', () => {
  const access = {
    requireApiKey: true,
    apiKeys: [
      masterApiKey(MASTER_KEY),
      { name: 'reader', sha256: hashApiKey('reader-key'), scopes: ['read'] as const, channelIds: null },
    ],
  };

  it.each(ROUTES.flatMap((route) => [route, `/v1${route}`]))('%s needs one where one is required', async (route) => {
    const response = await request(createTestApp({ access, log: UNREACHABLE_LOG })).get(route);
    expectProblem(response, 401);
    expect(response.headers['www-authenticate']).toBe('Bearer realm="dms"');
  });

  it.each(['/', '/viewer.js', ...HEALTH_ROUTES])('%s needs none even then', async (route) => {
    expect((await request(createTestApp({ access })).get(route)).status).toBe(200);
  });

  it('opens with either header', async () => {
    const app = createTestApp({ access });
    expect((await request(app).get('/messages').set('Authorization', 'Bearer reader-key')).status).toBe(200);
    expect((await request(app).get('/messages').set('X-API-Key', 'reader-key')).status).toBe(200);
    expectProblem(await request(app).get('/messages').set('X-API-Key', 'reader-keys'), 401);
  });

  it('a key without the scope is told so', async () => {
    expectProblem(await request(createTestApp({ access })).get('/stats').set('X-API-Key', 'reader-key'), 403);
  });

  it('/stats without any configured key tells the remedy', async () => {
    const response = await request(createTestApp({ access: { apiKeys: [] } })).get('/stats');
    expectProblem(response, 403);
    expect(response.body.detail).toContain('API_KEY');
  });

  it.each(['key', 'token', 'api_key', 'access_token'])(
    'is refused in the query as %s, even when right, and never echoed',
    async (name) => {
      const lines: LogLine[] = [];
      const response = await request(createTestApp({ lines })).get(`/messages?${name}=${MASTER_KEY}`);
      expect(wrongParameters(response)).toEqual([name]);
      expect(response.body.detail).toContain('Authorization');
      expect(response.text + JSON.stringify(lines)).not.toContain(MASTER_KEY);
    },
  );

  it('never reaches a body or a log line', async () => {
    const lines: LogLine[] = [];
    const app = createTestApp({ access, lines, log: UNREACHABLE_LOG });
    const answers = [
      await request(app).get('/messages').set('X-API-Key', MASTER_KEY),
      await request(app).get('/messages').set('Authorization', 'Bearer canary-wrong-key'),
      await request(app).get('/stats').set('X-API-Key', MASTER_KEY),
      await request(app).get('/messages?q=canary-search').set('X-API-Key', MASTER_KEY),
    ];
    expect(answers.map(({ status }) => status)).toEqual([503, 401, 200, 503]);
    const said = JSON.stringify([answers.map(({ text, headers }) => [text, headers]), lines]);
    expect(said).not.toMatch(/canary-(master|wrong)-key|canary-password|canary-search/);
  });
});
