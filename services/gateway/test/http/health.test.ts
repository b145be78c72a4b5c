import type { WriterState } from '@dms/event-log';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { createErrorHandler } from '../../src/http/error-handler.ts';
import { createHealthRoutes } from '../../src/http/health-routes.ts';
import { remember } from '../../src/http/remember.ts';
import { assignRequestId } from '../../src/http/request-id.ts';
import type { ConnectionsView, FeedView, LogView } from '../../src/http/views.ts';
import { within } from '../../src/http/within.ts';
import type { ReplicaStats, ReplicaStatsView } from '../../src/replica-stats.ts';
import {
  createRecordingLogger,
  createTestApp,
  EMPTY_LOG,
  HELD_WRITER,
  IDLE_CONNECTIONS,
  LIVE_FEED,
  MASTER_KEY,
  UNREACHABLE_LOG,
} from './fixture.ts';
import { expectProblem } from './problem-matchers.ts';

const DRAINING: ConnectionsView = { ...IDLE_CONNECTIONS, isDraining: true };
const BOOTING: FeedView = { ...LIVE_FEED, state: 'booting', isReady: false };
const DEGRADED: FeedView = { ...LIVE_FEED, state: 'degraded', detail: 'the log does not answer' };
const never = (): Promise<never> => new Promise(() => {});

const withWriter = (writer: Partial<WriterState>): LogView => ({
  ...EMPTY_LOG,
  writerState: async () => ({ ...HELD_WRITER, ...writer }),
});

const statusesOf = (body: { checks: Record<string, { status: string }> }) =>
  Object.fromEntries(Object.entries(body.checks).map(([name, { status }]) => [name, status]));

const ALL_OK = { database: 'ok', redis: 'ok', discord: 'ok', ingester: 'ok', feed: 'ok' };

describe('/health', () => {
  it('is ok when everything is', async () => {
    const { status, body, headers } = await request(createTestApp()).get('/health');
    expect([status, body.status, statusesOf(body)]).toEqual([200, 'ok', ALL_OK]);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-type']).toMatch(/^application\/json/);
  });

  it.each([
    ['the broker is away', { broker: { status: 'down' as const, reason: 'canary-host refused' } }, { redis: 'down' }],
    ['nobody holds the lease', { log: withWriter({ isHeld: false }) }, { ingester: 'down', discord: 'down' }],
    [
      'Discord is connecting',
      { log: withWriter({ status: { discord: 'connecting', detail: null } }) },
      { discord: 'degraded' },
    ],
    [
      'Discord is away',
      { log: withWriter({ status: { discord: 'disconnected', detail: '4014' } }) },
      { discord: 'down' },
    ],
    ['the ingester has not spoken', { log: withWriter({ status: null }) }, { discord: 'degraded' }],
    ['a gap is open', { log: withWriter({ openGaps: 1 }) }, { ingester: 'degraded' }],
    ['the feed cannot read', { feed: DEGRADED }, { feed: 'degraded' }],
    ['the database is away', { log: UNREACHABLE_LOG }, { database: 'down', discord: 'degraded', ingester: 'degraded' }],
  ])('is degraded, still 200, when %s', async (_name, options, changed) => {
    const { status, body, text } = await request(createTestApp(options)).get('/health');
    expect([status, body.status, statusesOf(body)]).toEqual([200, 'degraded', { ...ALL_OK, ...changed }]);
    for (const check of Object.values<{ status: string; detail?: string }>(body.checks)) {
      if (check.status !== 'ok') expect(check.detail).toMatch(/\w/);
    }
    expect(text).not.toContain('canary');
  });

  it.each([
    ['the first sync is not done', { feed: BOOTING }],
    ['the process is stopping', { connections: DRAINING }],
  ])('is down, 503, when %s', async (_name, options) => {
    const { status, body } = await request(createTestApp(options)).get('/v1/health');
    expect([status, body.status, body.checks.feed.status]).toEqual([503, 'down', 'down']);
  });

  it('waits a second at most for a database that says nothing', async () => {
    const startMs = performance.now();
    const { body } = await request(createTestApp({ log: { ...EMPTY_LOG, ping: never, writerState: never } })).get(
      '/health',
    );
    expect(statusesOf(body)).toMatchObject({ database: 'down', ingester: 'degraded' });
    expect(performance.now() - startMs).toBeLessThan(2_500);
  });

  it('asks the database once for many callers', async () => {
    let pings = 0;
    const ping = async () => {
      pings += 1;
    };
    const app = createTestApp({ log: { ...EMPTY_LOG, ping } });
    await Promise.all(Array.from({ length: 20 }, () => request(app).get('/health')));
    expect(pings).toBe(1);
  });

  it('asks again when the answer is a second old', async () => {
    let nowMs = 0;
    let runs = 0;
    const ask = remember(
      async () => ++runs,
      1_000,
      () => nowMs,
    );
    expect([await ask(), await ask()]).toEqual([1, 1]);
    nowMs = 999;
    expect(await ask()).toBe(1);
    nowMs = 1_000;
    expect(await ask()).toBe(2);
  });
});

describe('/health/live and /health/ready', () => {
  it('a process that answers is alive, whatever is missing', async () => {
    const app = createTestApp({ log: UNREACHABLE_LOG, feed: BOOTING, connections: DRAINING });
    expect((await request(app).get('/health/live')).status).toBe(200);
  });

  it.each([
    ['everything works', {}],
    ['the database is away', { log: UNREACHABLE_LOG, feed: DEGRADED }],
    ['the broker is away', { broker: { status: 'down' as const, reason: 'refused' } }],
    ['nobody ingests', { log: withWriter({ isHeld: false }) }],
  ])('is ready when %s', async (_name, options) => {
    const { status, body } = await request(createTestApp(options)).get('/health/ready');
    expect([status, body]).toEqual([200, { status: 'ready' }]);
  });

  it.each([
    ['before the first sync', { feed: BOOTING }],
    ['while draining', { connections: DRAINING }],
  ])('is not ready %s', async (_name, options) => {
    const response = await request(createTestApp(options)).get('/v1/health/ready');
    expectProblem(response, 503);
    expect(response.headers['retry-after']).toBe('1');
  });

  it.each([
    [1_999, 200],
    [2_000, 503],
  ])('an event loop %d ms behind is answered %d', async (lagMs, expected) => {
    const sources = {
      log: EMPTY_LOG,
      broker: { status: () => ({ status: 'up' as const }) },
      feed: LIVE_FEED,
      connections: IDLE_CONNECTIONS,
    };
    const app = express().use(
      assignRequestId,
      createHealthRoutes(sources, async () => lagMs),
      createErrorHandler(createRecordingLogger([])),
    );
    expect((await request(app).get('/health/ready')).status).toBe(expected);
  });
});

describe('/stats', () => {
  const connections: ConnectionsView = {
    total: 3,
    byDoor: { ws: 2, sse: 1 },
    addresses: 2,
    isDraining: false,
    stats: () => ({ deliveredFrames: 12, messagesPerSecond: 1.5, latency: { p50Ms: 20, p99Ms: 90 } }),
  };
  const numbers = { is_draining: false, messages_per_second: 1.5, position: '5:40' };
  const living: readonly ReplicaStats[] = [
    { id: 'one', total: 3, by_door: { ws: 2, sse: 1 }, addresses: 2, ...numbers },
    { id: 'two', total: 4, by_door: { ws: 3, ndjson: 1 }, addresses: 3, ...numbers, is_draining: true },
  ];
  const replicas: ReplicaStatsView = { isShared: true, read: async () => living };

  it('sums the connections of all living replicas, tells how this one delivers, and names the state of its neighbours', async () => {
    const { status, body } = await request(createTestApp({ connections, replicas }))
      .get('/stats')
      .set('Authorization', `Bearer ${MASTER_KEY}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      connections: { total: 7, by_door: { ws: 5, sse: 1, ndjson: 1 }, addresses: 3, replicas: living },
      limits: { are_shared: true },
      delivery: {
        delivered_frames: 12,
        messages_per_second: 1.5,
        latency_ms: { p50: 20, p99: 90 },
        state: 'live',
        detail: null,
        position: '5:40',
        ring_events: 40,
        events_behind: 2,
      },
      ingester: { is_running: true, holder: 'ingester-1', discord: 'connected', detail: null },
      log: { term: 5, seq: 42 },
      broker: { status: 'up' },
    });
  });

  it('still counts while the database is away', async () => {
    const app = createTestApp({ connections, replicas, log: UNREACHABLE_LOG });
    const { status, body } = await request(app).get('/v1/stats').set('X-API-Key', MASTER_KEY);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      connections: { total: 7 },
      delivery: { events_behind: null },
      ingester: null,
      log: null,
    });
  });

  it('needs a key even where reading is open', async () => {
    expectProblem(await request(createTestApp()).get('/stats'), 401);
  });
});

describe('waiting', () => {
  it('drops what comes too late, even a failure', async () => {
    let fail: (error: Error) => void = () => {};
    const slow = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    await expect(within(slow, 5)).rejects.toMatchObject({ code: 'TIMEOUT' });
    fail(new Error('too late'));
    await expect(within(Promise.resolve(1), 5)).resolves.toBe(1);
  });
});
