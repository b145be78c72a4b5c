import { describe, expect, it } from '@jest/globals';
import { settledAfter } from '../src/heap.ts';
import { slopeOf } from '../src/slope.ts';
import { describeTarget, isMet, median, medianRatio, readSample } from '../src/targets.ts';

describe('targets', () => {
  it('say whether a figure keeps its bound, and when there is none', () => {
    const target = { name: 'of the floor', unit: ' ×', bound: { atLeast: 0.35 } } as const;
    expect(describeTarget({ ...target, value: 0.35 })).toBe('of the floor: 0.35 × (≥ 0.35 ×): met');
    expect(describeTarget({ ...target, value: 0.3449 })).toBe('of the floor: 0.345 × (≥ 0.35 ×): MISSED');
    expect(describeTarget({ ...target, value: null })).toBe('of the floor: – (≥ 0.35 ×): not measured');
    expect(isMet({ ...target, value: 61, bound: { atMost: 60 } })).toBe(false);
  });
});

describe('the arithmetic of rounds', () => {
  it('takes the middle, the lower of two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2);
    expect(median([])).toBeNull();
  });

  it('compares within each round, and leaves out a round that one of them missed', () => {
    expect(medianRatio([10, 100, 30], [1, 5, 3])).toBe(10);
    expect(medianRatio([10, 100], [2])).toBe(5);
    expect(medianRatio([], [1])).toBeNull();
  });

  it('finds the slope of what grows, and of what does not', () => {
    const points = [1, 2, 3, 4].map((x) => ({ x, y: 7 + 3 * x }));
    expect(slopeOf(points)).toBeCloseTo(3);
    expect(slopeOf(points.map(({ x }) => ({ x, y: 5 })))).toBeCloseTo(0);
    expect(slopeOf(points.slice(1, 2))).toBeNull();
  });

  it('judges a heap only once as many have written as are remembered', () => {
    expect(settledAfter(1_000_000, 100_000)).toBe(220_000);
    expect(settledAfter(60_000, 60_000)).toBe(22_000);
  });

  it('reads one sample of Prometheus’ text', () => {
    const text = 'x_total 3\nx_seconds{quantile="0.5"} 0.25\n';
    expect(readSample(text, 'x_seconds{quantile="0.5"}')).toBe(0.25);
    expect(readSample(text, 'x')).toBeNull();
  });
});
