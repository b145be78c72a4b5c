import type { WriterStatus } from '@dms/event-log';
import { describe, expect, it } from '@jest/globals';
import { createCommitTimes } from '../src/commit-times.ts';
import { type IngesterView, ingesterReadiness } from '../src/ingester-readiness.ts';

const NOW_MS = 1_000_000;
const COUNTERS = { committed: 0, commitFailures: 0, deadLettered: 0, dropped: 0, publishFailures: 0, terms: 0 };
const LOOP = {
  counters: COUNTERS,
  commitTimes: createCommitTimes(),
  isLeading: true,
  isLogReachable: true,
  headSeq: 7,
  turnedAtMs: NOW_MS - 1_500,
};
const CONNECTED: WriterStatus = { discord: 'connected', detail: null };
const AWAY: WriterStatus = { discord: 'connecting', detail: 'Discord cannot be reached, trying again' };
const ACTIVE: IngesterView = { loop: LOOP, queue: { size: 3 }, discord: CONNECTED, redis: 'up' };
const STANDBY: IngesterView = {
  ...ACTIVE,
  loop: { ...LOOP, isLeading: false },
  discord: { discord: 'disconnected', detail: null },
};
const silentFor = (ms: number) => ({ ...LOOP, turnedAtMs: NOW_MS - ms });

describe('the readiness of an ingester', () => {
  it('is ok when it leads and Discord is connected', () => {
    expect(ingesterReadiness(ACTIVE, NOW_MS)).toEqual({
      ...{ status: 'ok', reasons: [], role: 'active' },
      ...{ discord: 'connected', database: 'up', redis: 'up', queued: 3 },
    });
  });

  it('is ok when it stands by, without Discord', () => {
    expect(ingesterReadiness(STANDBY, NOW_MS)).toMatchObject({ status: 'ok', reasons: [], role: 'standby' });
  });

  it.each<[string, IngesterView, object]>([
    ['Discord is away', { ...ACTIVE, discord: AWAY }, { discord: 'connecting', reasons: [AWAY.detail] }],
    [
      'Discord is not connected yet',
      { ...ACTIVE, discord: { discord: 'connecting', detail: null } },
      { reasons: ['discord is connecting'] },
    ],
    ['Redis is away', { ...STANDBY, redis: 'down' }, { redis: 'down', reasons: [expect.stringMatching(/^redis/)] }],
    [
      'the database refuses',
      { ...STANDBY, loop: { ...STANDBY.loop, isLogReachable: false } },
      { database: 'down', reasons: ['the database does not answer'] },
    ],
    [
      'the database is silent',
      { ...ACTIVE, loop: silentFor(29_000) },
      { database: 'down', reasons: ['the database does not answer'] },
    ],
  ])('is degraded when %s', (_name, view, expected) => {
    expect(ingesterReadiness(view, NOW_MS)).toMatchObject({ status: 'degraded', ...expected });
  });

  it('is down when the loop hangs for longer than any database may take, and says so', () => {
    expect(ingesterReadiness({ ...ACTIVE, loop: silentFor(31_000) }, NOW_MS)).toMatchObject({
      status: 'down',
      reasons: ['the writer loop has hung for 31 s'],
    });
  });
});
