import { hashApiKey } from '@dms/runtime';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Express } from 'express';
import request from 'supertest';
import { createTestApp, type LogLine, MASTER_KEY, UNREACHABLE_LOG } from './fixture.ts';
import { expectProblem } from './problem-matchers.ts';
import { messageChange, openRealLog, type RealLog } from './real-log.ts';

const lines: LogLine[] = [];
let real: RealLog;
let app: Express;

const READER = {
  name: 'reader',
  sha256: hashApiKey('reader-key'),
  scopes: ['read', 'stats'],
  channelIds: null,
} as const;
const ADMIN = { name: 'eraser', sha256: hashApiKey('admin-key'), scopes: ['admin'], channelIds: null } as const;
const NARROW = { ...ADMIN, name: 'narrow', sha256: hashApiKey('narrow-key'), channelIds: ['10'] } as const;

beforeAll(async () => {
  real = await openRealLog();
  const master = {
    name: 'master',
    sha256: hashApiKey(MASTER_KEY),
    scopes: ['read', 'stats', 'admin'],
    channelIds: null,
  };
  app = createTestApp({
    log: real.log,
    lines,
    access: { apiKeys: [{ ...master, scopes: ['read', 'stats', 'admin'] }, READER, ADMIN, NARROW] },
  });
});
afterAll(() => real.stop());

type Method = 'get' | 'post' | 'put' | 'delete';
const ask = (method: Method, path: string, key: string | null = MASTER_KEY) => {
  const test = request(app)[method](path);
  return key === null ? test : test.set('Authorization', `Bearer ${key}`);
};

describe('the admin routes', () => {
  it.each<[Method, string]>([
    ['post', '/admin/erasures?user_id=500'],
    ['get', '/admin/erasures/1'],
    ['get', '/admin/opt-outs'],
    ['get', '/admin/opt-outs/500'],
    ['put', '/admin/opt-outs/500'],
    ['delete', '/admin/opt-outs/500'],
  ])('%s %s needs a key with the scope admin that sees every channel', async (method, path) => {
    expectProblem(await ask(method, path, null), 401);
    expectProblem(await ask(method, path, 'wrong'), 401);
    expectProblem(await ask(method, path, 'reader-key'), 403);
    expectProblem(await ask(method, path, 'narrow-key'), 403);
    expect(await real.log.optOuts('0', 10)).toEqual([]);
    expect(await real.log.pendingErasure()).toBeNull();
  });

  it.each<[Method, string, number]>([
    ['post', '/admin/erasures', 400],
    ['post', '/admin/erasures?user_id=me', 400],
    ['post', '/admin/erasures?user_id=5&user_id=6', 400],
    ['post', '/admin/erasures?user_id=5&force=1', 400],
    ['get', '/admin/erasures', 405],
    ['get', '/admin/erasures/soon', 400],
    ['get', '/admin/erasures/999', 404],
    ['delete', '/admin/erasures/1', 405],
    ['get', '/admin/opt-outs?after=x', 400],
    ['post', '/admin/opt-outs/500', 405],
    ['put', '/admin/opt-outs/me', 400],
    ['put', '/admin/opt-outs/500?x=1', 400],
    ['get', '/admin/opt-outs/500', 404],
    ['delete', '/admin/opt-outs/500', 404],
  ])('%s %s is refused with %d', async (method, path, status) => {
    expectProblem(await ask(method, path), status);
  });

  it('takes no body', async () => {
    expectProblem(await ask('post', '/admin/erasures?user_id=5').send({ user_id: '6' }), 413);
    expectProblem(await ask('put', '/admin/opt-outs/5').send({}), 413);
  });

  it('says 503 while the database is away', async () => {
    const away = createTestApp({ log: UNREACHABLE_LOG });
    const answer = await request(away).put('/admin/opt-outs/5').set('X-API-Key', MASTER_KEY);
    expectProblem(answer, 503);
  });
});

describe('an opt-out', () => {
  it('is effective with its answer, is listed, found, and taken back', async () => {
    const { writer, log } = real;
    await writer.append([messageChange(log, { id: '1', authorId: '500' })]);
    const { body } = await ask('put', '/v1/admin/opt-outs/500', 'admin-key').expect(200);
    expect(body).toMatchObject({
      user_id: '500',
      opted_out_at: expect.stringMatching(/^\d{4}-.*Z$/),
      erasure: { state: 'pending', done_at: null, messages: 0 },
      detail: expect.stringContaining('nothing of this user is stored'),
    });
    expect((await writer.append([messageChange(log, { id: '2', authorId: '500' })])).events).toEqual([]);
    expect((await ask('put', '/admin/opt-outs/500').expect(200)).body).toEqual(body);
    expect((await ask('get', '/admin/opt-outs/500').expect(200)).body).toEqual(body);
    const listed = await ask('get', '/admin/opt-outs').expect(200);
    expect(listed.body).toEqual({ opt_outs: [body], has_more: false });
    expect((await ask('get', '/admin/opt-outs?after=500').expect(200)).body.opt_outs).toEqual([]);
    await ask('delete', '/admin/opt-outs/500').expect(204);
    expectProblem(await ask('get', '/admin/opt-outs/500'), 404);
  });
});

describe('an erasure', () => {
  it('is accepted, named, and readable until and after it is done', async () => {
    const { writer } = real;
    const accepted = await ask('post', '/admin/erasures?user_id=600').expect(202);
    expect(accepted.body).toMatchObject({ user_id: '600', state: 'pending' });
    const { location } = accepted.headers;
    expect(location).toBe(`/admin/erasures/${accepted.body.id}`);
    await writer.append([{ kind: 'erasure', id: accepted.body.id, cursorId: '0', isDone: true }]);
    const done = await ask('get', location ?? '').expect(200);
    expect(done.headers['cache-control']).toBe('no-store');
    expect(done.body).toMatchObject({ ...accepted.body, state: 'done', done_at: expect.any(String) });
  });

  it('leaves neither key nor user in the log, but who asked', () => {
    const text = JSON.stringify(lines);
    expect(text).toContain('"by":"eraser"');
    for (const secret of ['admin-key', 'reader-key', MASTER_KEY, 'user_id=']) expect(text).not.toContain(secret);
  });
});
