import { describe, expect, it } from '@jest/globals';
import { createCommitTimes } from '../src/commit-times.ts';

describe('commit times', () => {
  it('say nothing before the first commit', () => {
    expect(createCommitTimes().quantiles()).toEqual({});
  });

  it('tell the middle, the 99th and the longest of the newest hundred, in seconds', () => {
    const times = createCommitTimes();
    times.note(60_000);
    for (let ms = 1; ms <= 100; ms += 1) times.note(ms);
    expect(times.quantiles()).toEqual({ 0.5: 0.05, 0.99: 0.099, 1: 0.1 });
  });
});
