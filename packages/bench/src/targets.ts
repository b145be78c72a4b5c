import type { Cell } from './report.ts';

/** A figure and what it must at least, or at most, be. */
export interface Target {
  readonly name: string;
  readonly value: number | null;
  readonly bound: { readonly atLeast: number } | { readonly atMost: number };
  /** Behind the numbers, such as `×` or ` ms`. */
  readonly unit: string;
}

/** Null when the figure could not be had. */
export function isMet({ value, bound }: Target): boolean | null {
  if (value === null) return null;
  return 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;
}

/** One line for people: the figure, the bound, and whether it is kept. */
export function describeTarget(target: Target): string {
  const { name, value, bound, unit } = target;
  const wanted = 'atLeast' in bound ? `≥ ${bound.atLeast}${unit}` : `≤ ${bound.atMost}${unit}`;
  const verdict = { true: 'met', false: 'MISSED', null: 'not measured' }[`${isMet(target)}`];
  return `${name}: ${value === null ? '–' : `${round(value)}${unit}`} (${wanted}): ${verdict}`;
}

/** Of an odd number the middle one, of an even number the lower of the two in the middle; null of none. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

/** Of rounds that ran side by side: the median of each round's own ratio, so that a slow minute of the machine touches both. */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number | null {
  return median(ours.flatMap((value, round) => (theirs[round] ? [value / theirs[round]] : [])));
}

/** The sample of `name` (labels included) in Prometheus' text; null when it has none. */
export function readSample(metrics: string, name: string): number | null {
  const line = metrics.split('\n').find((text) => text.startsWith(`${name} `));
  return line === undefined ? null : Number(line.slice(name.length + 1));
}

export const round = (value: number): number => Number(value.toPrecision(3));

export const cellsOf = (values: readonly number[]): Cell => values.map((value) => Math.round(value)).join(', ');
