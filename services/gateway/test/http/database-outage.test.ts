import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { createTestApp, type LogLine } from './fixture.ts';
import { expectProblem } from './problem-matchers.ts';
import { openRealLog, type RealLog } from './real-log.ts';

let real: RealLog;

beforeAll(async () => {
  real = await openRealLog();
});

afterAll(() => real.stop());

describe('a database that goes away', () => {
  it('turns reads into 503 and health into degraded, while the replica stays ready', async () => {
    const lines: LogLine[] = [];
    const app = createTestApp({ log: real.log, lines });
    expect((await request(app).get('/messages')).status).toBe(200);
    await real.stopDatabase();
    const response = await request(app).get('/messages');
    expectProblem(response, 503);
    expect(response.headers['retry-after']).toBe('2');
    const health = await request(app).get('/health');
    expect([health.status, health.body.status, health.body.checks.database.status]).toEqual([200, 'degraded', 'down']);
    expect((await request(app).get('/health/ready')).status).toBe(200);
    expect(response.text + health.text).not.toMatch(/postgres|prisma|\.ts|\/tmp/i);
    expect(lines.map(({ event }) => event)).toEqual(['request failed']);
  });
});
