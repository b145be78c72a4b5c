import { describe, expect, it } from '@jest/globals';
import { identifyPace } from '../src/identify-pace.ts';

const INTERVAL_MS = 5_000;
const limit = { total: 1_000, remaining: 1_000, resetAfterMs: 3_600_000 };
const pace = (used: number, sinceLastMs: number | null, overrides: Partial<typeof limit> = {}) =>
  identifyPace({ used, resetsInMs: 7_200_000, sinceLastMs }, { ...limit, ...overrides }, INTERVAL_MS);

describe('identify pace', () => {
  it('the first one goes at once, the next ones keep Discord’s pause and a little more', () => {
    expect(pace(0, null)).toEqual({ kind: 'wait', ms: 0 });
    expect(pace(1, 0)).toEqual({ kind: 'wait', ms: 6_000 });
    expect(pace(1, 4_000)).toEqual({ kind: 'wait', ms: 2_000 });
    expect(pace(1, 60_000)).toEqual({ kind: 'wait', ms: 0 });
  });

  it('whatever makes us connect again and again is slowed down', () => {
    expect(pace(19, 0)).toEqual({ kind: 'wait', ms: 6_000 });
    expect(pace(20, 0)).toEqual({ kind: 'wait', ms: 30_000 });
    expect(pace(100, 20_000)).toEqual({ kind: 'wait', ms: 100_000 });
  });

  it('stops before Discord would reset the token, whoever used the others', () => {
    expect(pace(799, null)).toMatchObject({ kind: 'wait' });
    expect(pace(800, null)).toEqual({ kind: 'stop', resetsInMs: 7_200_000 });
    expect(pace(3, null, { remaining: 101 })).toMatchObject({ kind: 'wait' });
    expect(pace(3, null, { remaining: 100 })).toEqual({ kind: 'stop', resetsInMs: 3_600_000 });
    expect(pace(1, null, { total: 1, remaining: 1 })).toMatchObject({ kind: 'stop' });
  });

  it('a storm of lost sessions never reaches the limit of a day', () => {
    let usedMs = 0;
    let used = 0;
    while (usedMs < 86_400_000) {
      const next = pace(used, 0, { remaining: 1_000 - used });
      if (next.kind === 'stop') break;
      usedMs += next.ms;
      used += 1;
    }
    expect(used).toBeLessThanOrEqual(800);
  });
});
