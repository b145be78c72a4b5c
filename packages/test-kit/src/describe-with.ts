import { describe } from '@jest/globals';
import type { Availability } from './infrastructure.ts';

/** `describe`, or `describe.skip` with the reason in the title: a missing server is reported, never a green test. */
export function describeWith(availability: Availability<unknown>, title: string, define: () => void): void {
  if (availability.available) describe(title, define);
  else describe.skip(`${title} (skipped: ${availability.reason})`, define);
}
