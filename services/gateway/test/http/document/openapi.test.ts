import { masterApiKey } from '@dms/runtime';
import { eventually } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { answerSchemas } from '../../../src/http/document/answer-schemas.ts';
import { createOpenApiDocument } from '../../../src/http/document/openapi.ts';
import { OPERATIONS, type Operation } from '../../../src/http/document/operations.ts';
import { freshIds, type Stage, useStage } from '../../stream/gateway-fixture.ts';
import { createTestApp } from '../fixture.ts';
import { channelChange, guildChange } from '../real-log.ts';

const KEY = 'document-key';
const USER = '77';

/** Every path with its methods, as Express has them; `all` is what refuses the others. */
function registered(router: unknown, found = new Map<string, Set<string>>()): ReadonlyMap<string, ReadonlySet<string>> {
  const stack: unknown = isObject(router) ? router.stack : null;
  for (const layer of Array.isArray(stack) ? stack : []) {
    if (!isObject(layer)) continue;
    if (!isObject(layer.route)) registered(layer.handle, found);
    else {
      const methods = isObject(layer.route.methods) ? Object.keys(layer.route.methods) : [];
      const path = String(layer.route.path);
      found.set(path, new Set([...(found.get(path) ?? []), ...methods.filter((method) => method !== '_all')]));
    }
  }
  return found;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  (typeof value === 'object' || typeof value === 'function') && value !== null;

const nameOf = ({ method, path }: Pick<Operation, 'method' | 'path'>): string => `${method} ${path}`;

describe('the document', () => {
  it('is OpenAPI 3.1', async () => {
    const document = createOpenApiDocument();
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)));
    expect(result).toMatchObject({ valid: true });
  });

  it('names every route of the app with every method, and no other', () => {
    const served = [...registered(createTestApp().router)].flatMap(([path, methods]) =>
      // The address of the WebSocket answers any method alike.
      path === '/ws' ? ['get /ws'] : [...methods].map((method) => `${method} ${path}`),
    );
    expect(served.sort()).toEqual(OPERATIONS.map(nameOf).sort());
  });

  it('has every parameter of every route, with what it defaults to', () => {
    const { paths } = createOpenApiDocument();
    const get: unknown = paths['/messages']?.get;
    const parameters: unknown = isObject(get) ? get.parameters : null;
    expect(parameters).toContainEqual(
      expect.objectContaining({ name: 'limit', schema: { default: 50, type: 'integer', minimum: 1, maximum: 100 } }),
    );
    expect(parameters).toContainEqual(
      expect.objectContaining({
        name: 'channel_id',
        explode: false,
        schema: expect.objectContaining({ type: 'array' }),
      }),
    );
  });
});

describe('every route of the document', () => {
  const openStage = useStage();
  let origin: string;
  let sample: Readonly<Record<string, string>>;
  let stage: Stage;

  const payload = (id: string): string =>
    JSON.stringify({
      ...{ type: 0, content: 'hello', mentions: [], attachments: [], embeds: [], edited_timestamp: null },
      ...{ timestamp: '2026-11-22T20:48:00.405Z', id, channel_id: '2', guild_id: '1', deleted_at: null },
      author: { id: '3', username: 'leo', global_name: 'Leo', avatar: null },
      display: {
        ...{ text: 'hello', author_name: 'Leo', author_color: '#2ecc71', author_avatar_url: 'https://x/4.png' },
        ...{ channel_name: 'general', guild_name: 'Harbour Lane', parent_id: null, content_available: true },
        links_expire_at: null,
      },
    });

  /** The fixture closes a stage after each test, and these tests are one conversation: so they are one test. */
  const ask = (method: string, path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${origin}${path}`, {
      method: method.toUpperCase(),
      headers: { 'X-API-Key': KEY, Accept: 'application/json', ...headers },
    });

  const pathOf = ({ path, query }: Operation): string => {
    const target = path.replace(':id', sample[path] ?? '');
    return query !== null && 'user_id' in query.shape ? `${target}?user_id=${USER}` : target;
  };

  async function expectSuccess(operation: Operation, prefix: string): Promise<void> {
    const path = prefix + pathOf(operation);
    const response = await ask(operation.method, path);
    const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
    const body = await response.text();
    if (operation.status === 101) {
      expect([path, response.status]).toEqual([path, 426]);
      return;
    }
    expect([path, response.status]).toEqual([path, operation.status]);
    if (operation.status === 204) return;
    expect([path, Object.keys(operation.answers).includes(type)]).toEqual([path, true]);
    const name = operation.answers[type] ?? null;
    if (name !== null)
      expect([path, answerSchemas[name].safeParse(JSON.parse(body))]).toEqual([
        path,
        { success: true, data: JSON.parse(body) },
      ]);
    if (operation.hasTag !== true) return;
    const again = await ask('get', path, { 'If-None-Match': response.headers.get('etag') ?? '' });
    expect([path, again.status]).toEqual([path, 304]);
  }

  /** What each may refuse is refused as documented: an unknown parameter, a key that is wrong. */
  async function expectRefusals(operation: Operation): Promise<void> {
    const path = pathOf(operation);
    const wrongKey = await ask(operation.method, path, { 'X-API-Key': 'wrong' });
    const wrongParameter = await ask(operation.method, `${path}${path.includes('?') ? '&' : '?'}nothing=1`);
    const problems = [
      ...(operation.scope === null || operation.status === 101 ? [] : [{ response: wrongKey, status: 401 }]),
      ...(operation.query === null ? [] : [{ response: wrongParameter, status: 400 }]),
    ];
    for (const { response, status } of problems) {
      expect([path, response.status, response.headers.get('content-type')]).toEqual([
        ...[path, status, 'application/problem+json'],
      ]);
      expect(answerSchemas.Problem.safeParse(await response.json())).toMatchObject({ success: true });
    }
  }

  it('answers as the document says, also under /v1', async () => {
    stage = await openStage({ apiKeys: [masterApiKey(KEY)] });
    origin = `http://127.0.0.1:${stage.gateway.port}`;
    const [message = 0, deleted = 0] = freshIds(2);
    const id = String(message);
    await stage.append([
      stage.message(message, { payload: payload(id) }),
      stage.message(deleted),
      stage.remove(deleted),
      guildChange('1'),
      channelChange('2', '1'),
    ]);
    await eventually(async () => {
      const { seq } = await stage.log.writerState();
      expect(stage.gateway.feed.last.seq).toBe(seq);
    });
    const erasure: unknown = await (await ask('post', `/admin/erasures?user_id=${USER}`)).json();
    sample = {
      ...{ '/messages/:id': id, '/messages/:id/revisions': id, '/channels/:id': '2', '/channels/:id/messages': '2' },
      ...{ '/guilds/:id': '1', '/admin/opt-outs/:id': USER },
      '/admin/erasures/:id': isObject(erasure) ? String(erasure.id) : '',
    };
    const turn = ['post', 'put', 'get', 'delete'];
    const inTurn = OPERATIONS.toSorted((a, b) => turn.indexOf(a.method) - turn.indexOf(b.method));
    for (const operation of inTurn) {
      await expectRefusals(operation);
      await expectSuccess(operation, operation.method === 'get' ? '/v1' : '');
      if (operation.method === 'get') await expectSuccess(operation, '');
    }
  });
});
