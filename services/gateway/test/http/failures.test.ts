import { DatabaseError } from '@dms/event-log';
import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { createTestApp, EMPTY_LOG, type LogLine, UNREACHABLE_LOG } from './fixture.ts';
import { expectProblem } from './problem-matchers.ts';

describe('failures', () => {
  it.each(['/messages', '/messages/5', '/channels', '/channels/5', '/channels/5/messages', '/guilds', '/guilds/5'])(
    '%s answers 503 with Retry-After while the database is away, and says nothing of it',
    async (route) => {
      const lines: LogLine[] = [];
      const response = await request(createTestApp({ log: UNREACHABLE_LOG, lines })).get(route);
      expectProblem(response, 503);
      expect(response.headers['retry-after']).toBe('2');
      expect(response.text).not.toMatch(/canary|prisma|postgres|at .*\.ts/i);
      expect(lines).toEqual([
        {
          level: 'warn',
          event: 'request failed',
          fields: {
            requestId: response.body.instance,
            method: 'GET',
            path: route,
            status: 503,
            error: expect.any(DatabaseError),
          },
        },
      ]);
    },
  );

  it.each([
    ['08006', 503],
    ['53300', 503],
    ['57014', 503],
    ['42P01', 500],
    ['22003', 500],
  ])('a database that answers %s makes it %d: only what may pass is worth another try', async (sqlState, status) => {
    const messagesText = () => Promise.reject(new DatabaseError(sqlState, 'refused', null));
    expectProblem(await request(createTestApp({ log: { ...EMPTY_LOG, messagesText } })).get('/messages'), status);
  });

  it('a broken promise inside answers 500 without internals and is logged once, with its place but not its words', async () => {
    const lines: LogLine[] = [];
    const feed = {
      get position(): never {
        throw new TypeError('canary-internal');
      },
      state: 'live' as const,
      detail: null,
      isReady: true,
      ringEvents: 0,
    };
    const response = await request(createTestApp({ feed, lines })).get('/stats').set('X-API-Key', 'canary-master-key');
    expectProblem(response, 500);
    expect(response.text + JSON.stringify(lines)).not.toContain('canary');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 'error',
      fields: { requestId: response.body.instance, error: 'TypeError', status: 500 },
    });
    expect(String(lines[0]?.fields.stack)).toContain('stats-routes.ts');
  });

  it('logs no line for a request that is merely wrong', async () => {
    const lines: LogLine[] = [];
    await request(createTestApp({ log: EMPTY_LOG, lines })).get('/messages?limit=0');
    await request(createTestApp({ log: EMPTY_LOG, lines })).get('/nothing');
    expect(lines).toEqual([]);
  });
});
