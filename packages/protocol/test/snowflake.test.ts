import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareSnowflakes, isSnowflake, snowflakeAtMs, snowflakeTimeMs } from '../src/index.ts';

const anyId = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });

describe('snowflake', () => {
  it('accepts exactly the ids that fit a signed 64-bit column', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 65n }), (id) =>
        expect(isSnowflake(id.toString())).toBe(id < 2n ** 63n),
      ),
    );
  });

  it.each(['', '-1', '1.0', '1e5', '0x10', '007', '٣', ' 1', '1 ', '18446744073709551615', '1'.repeat(40)])(
    'refuses %j',
    (text) => {
      expect(isSnowflake(text)).toBe(false);
    },
  );

  it('compares like the numbers it stands for, without ever making one', () => {
    fc.assert(
      fc.property(anyId, anyId, (a, b) =>
        expect(Math.sign(compareSnowflakes(a.toString(), b.toString()))).toBe(a < b ? -1 : a > b ? 1 : 0),
      ),
    );
  });

  it("carries its time: the documentation's example", () => {
    expect(new Date(snowflakeTimeMs('175928847299117063')).toISOString()).toBe('2016-04-30T11:18:25.796Z');
  });

  it('finds the first id of a moment, and nothing before Discord', () => {
    const timeMs = Date.parse('2026-01-01T00:00:00Z');
    expect(snowflakeTimeMs(snowflakeAtMs(timeMs))).toBe(timeMs);
    expect(snowflakeAtMs(0)).toBe('0');
  });
});
