import type { TrustProxy } from '@dms/runtime';
import { describe, expect, it } from '@jest/globals';
import type { Express } from 'express';
import request from 'supertest';
import { createTestApp } from './fixture.ts';
import { expectProblem } from './problem-matchers.ts';

const limited = (maxRequests: number, trustProxy: TrustProxy = 0): Express =>
  createTestApp({ rateLimit: { windowMs: 60_000, maxRequests }, trustProxy });

async function statuses(app: Express, forwardedFor: readonly string[]): Promise<readonly number[]> {
  const answers: number[] = [];
  for (const address of forwardedFor)
    answers.push((await request(app).get('/messages').set('X-Forwarded-For', address)).status);
  return answers;
}

describe('I9: rate limit', () => {
  it('tells what is left, then refuses with the time to wait', async () => {
    const app = limited(2);
    const first = await request(app).get('/messages');
    expect(first.headers['ratelimit-policy']).toMatch(/^"rest"; q=2; w=60; pk=:.+:$/);
    expect(first.headers.ratelimit).toMatch(/^"rest"; r=1; t=\d+$/);
    expect(first.headers['x-ratelimit-limit']).toBeUndefined();
    await request(app).get('/v1/channels');
    const refused = await request(app).get('/messages');
    expectProblem(refused, 429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
  });

  it('counts wrong keys and unknown paths, so that neither can be tried for free', async () => {
    const app = limited(2);
    expectProblem(await request(app).get('/messages').set('X-API-Key', 'guess'), 401);
    expectProblem(await request(app).get('/guess'), 404);
    expectProblem(await request(app).get('/messages').set('X-API-Key', 'guess'), 429);
  });

  it.each(['/health', '/health/live', '/v1/health/ready', '/', '/viewer.js', '/viewer-style.css'])(
    'never refuses %s',
    async (path) => {
      const app = limited(1);
      await request(app).get('/messages');
      for (let round = 0; round < 3; round += 1) expect((await request(app).get(path)).status).toBe(200);
    },
  );

  it('has no limit at 0', async () => {
    const { status, headers } = await request(limited(0)).get('/messages');
    expect([status, headers.ratelimit]).toEqual([200, undefined]);
  });

  it.each<[string, TrustProxy, readonly string[], readonly number[]]>([
    ['an untrusted header changes nothing', 0, ['1.1.1.1', '2.2.2.2'], [200, 429]],
    ['one trusted hop separates clients', 1, ['1.1.1.1', '2.2.2.2', '1.1.1.1'], [200, 200, 429]],
    [
      'what a client puts in front of its address does not count',
      1,
      ['6.6.6.6, 1.1.1.1', '7.7.7.7, 1.1.1.1'],
      [200, 429],
    ],
    ['trusted networks', ['loopback'], ['1.1.1.1', '2.2.2.2'], [200, 200]],
    ['other networks', ['10.0.0.0/8'], ['1.1.1.1', '2.2.2.2'], [200, 429]],
    ['garbage falls back to the proxy itself', 1, ['garbage', 'rubbish'], [200, 429]],
    ['one IPv6 household is one client', 1, ['2001:db8:0:1::1', '2001:db8:0:2::1', '2001:db8:1::1'], [200, 429, 200]],
  ])('%s', async (_name, trustProxy, forwardedFor, expected) => {
    expect(await statuses(limited(1, trustProxy), forwardedFor)).toEqual(expected);
  });
});
