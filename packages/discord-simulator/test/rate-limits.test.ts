import { checkLeaks } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { RESTEvents } from 'discord.js';
import { createRateLimiter } from '../src/rest/rate-limits.ts';
import { channelId, createRest, rawGet } from './support/rest.ts';
import { createHarness } from './support/running.ts';

checkLeaks();

describe('REST rate limits', () => {
  const { start } = createHarness();

  it('are told in true headers, and a 429 says when to come back', async () => {
    const simulator = await start({ rateLimits: true });
    const path = `/channels/${channelId(simulator, 'quay')}/messages`;
    const answers: Response[] = [];
    for (let sent = 0; sent < 6; sent += 1) answers.push(await rawGet(simulator, path));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(['4', '3', '2', '1', '0', '0']);
    expect(answers[0]?.headers.get('x-ratelimit-limit')).toBe('5');
    expect(answers[0]?.headers.get('x-ratelimit-bucket')).toMatch(/^[0-9a-f]{32}$/);
    const last = answers.at(-1);
    const body: { retry_after: number } = await (last ?? Response.error()).json();
    expect(body).toMatchObject({ message: 'You are being rate limited.', global: false });
    expect(Number(last?.headers.get('x-ratelimit-reset-after'))).toBeCloseTo(body.retry_after, 1);
    expect(last?.headers.get('x-ratelimit-scope')).toBe('user');
    // Another channel is another bucket.
    expect((await rawGet(simulator, `/channels/${channelId(simulator, 'boats')}/messages`)).status).toBe(200);
  });

  it('are honoured by discord.js, which waits and then gets its answer', async () => {
    const simulator = await start();
    simulator.faults.add({ kind: 'rest', status: 429, retry_after: 0.3, path: '/users/@me' });
    const rest = createRest(simulator);
    const limited: number[] = [];
    rest.on(RESTEvents.RateLimited, ({ retryAfter }) => limited.push(retryAfter));
    const startedMs = performance.now();
    expect(await rest.get('/users/@me')).toMatchObject({ bot: true });
    expect(performance.now() - startedMs).toBeGreaterThan(290);
    expect(simulator.faults.list()).toMatchObject([{ kind: 'rest', fired: 1, armed: false }]);
  });

  it('can be lied about: 999 of 1,000 left until the sudden 429', async () => {
    const simulator = await start({ rateLimits: true });
    simulator.faults.add({ kind: 'lying_headers' });
    const path = `/channels/${channelId(simulator, 'quay')}/messages`;
    const answers: Response[] = [];
    for (let sent = 0; sent < 6; sent += 1) answers.push(await rawGet(simulator, path));
    expect(answers.slice(0, 5).map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(
      Array(5).fill('999'),
    );
    expect(answers[5]?.status).toBe(429);
    expect(answers[5]?.headers.get('x-ratelimit-limit')).toBe('5');
  });

  it('can be switched off', async () => {
    const simulator = await start({ rateLimits: false });
    const path = `/channels/${channelId(simulator, 'quay')}/messages`;
    const answers = await Promise.all(Array.from({ length: 80 }, () => rawGet(simulator, path)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers[0]?.headers.get('x-ratelimit-limit')).toBeNull();
  });

  it('span all routes at 50 a second', () => {
    let nowMs = 0;
    const limiter = createRateLimiter(() => nowMs);
    const route = { limit: 1000, windowMs: 1000 };
    const verdicts = Array.from(
      { length: 51 },
      (_, index) => limiter.spend('t', `r${index}`, 'GET /', route, false).kind,
    );
    expect(verdicts.slice(0, 50)).toEqual(Array(50).fill('go'));
    expect(limiter.spend('t', 'other', 'GET /', route, false)).toMatchObject({
      kind: 'limited',
      global: true,
      headers: { 'x-ratelimit-global': 'true' },
    });
    expect(limiter.spend('another token', 'r', 'GET /', route, false).kind).toBe('go');
    nowMs += 1000;
    expect(limiter.spend('t', 'r1', 'GET /', route, false).kind).toBe('go');
  });
});
