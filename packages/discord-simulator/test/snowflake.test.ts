import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  compareSnowflakes,
  createSnowflakes,
  DISCORD_EPOCH_MS,
  snowflakeTimeMs,
  stableSnowflake,
} from '../src/snowflake.ts';

const MONTH_MS = 30 * 24 * 3_600_000;

describe('snowflakes', () => {
  it('ascend strictly and have 17–19 digits whatever the clock does', () => {
    const clockReading = fc.integer({ min: 0, max: 2_000_000_000_000 });
    fc.assert(
      fc.property(fc.array(clockReading, { minLength: 1, maxLength: 200 }), (readings) => {
        const clock = readings.values();
        const next = createSnowflakes(() => clock.next().value ?? 0);
        const ids = readings.map(() => next());
        for (const [index, id] of ids.entries()) {
          expect(id).toMatch(/^\d{17,19}$/);
          const previous = ids[index - 1];
          if (previous !== undefined) expect(compareSnowflakes(previous, id)).toBeLessThan(0);
        }
      }),
    );
  });

  it('carry the time of the clock, to the millisecond', () => {
    const laterThanAMonth = fc.integer({ min: DISCORD_EPOCH_MS + MONTH_MS, max: 3_000_000_000_000 });
    fc.assert(fc.property(laterThanAMonth, (ms) => snowflakeTimeMs(createSnowflakes(() => ms)()) === ms));
  });

  it('run ahead of the clock after 4,096 in one millisecond', () => {
    const nowMs = Date.UTC(2026, 0, 1);
    const next = createSnowflakes(() => nowMs);
    const ids = Array.from({ length: 10_000 }, next);
    expect(new Set(ids).size).toBe(10_000);
    expect(snowflakeTimeMs(ids[4095] ?? '')).toBe(nowMs);
    expect(snowflakeTimeMs(ids[4096] ?? '')).toBe(nowMs + 1);
    expect(snowflakeTimeMs(ids[9999] ?? '')).toBe(nowMs + 2);
  });

  it('are the same for the same name, and differ between names and seeds', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), fc.string(), (seed, name, other) => {
        const id = stableSnowflake(seed, 'user', name);
        expect(id).toMatch(/^\d{17,19}$/);
        expect(stableSnowflake(seed, 'user', name)).toBe(id);
        expect(stableSnowflake(seed, 'channel', name)).not.toBe(id);
        expect(stableSnowflake(seed + 1, 'user', name)).not.toBe(id);
        if (other !== name) expect(stableSnowflake(seed, 'user', other)).not.toBe(id);
      }),
    );
  });
});
