import type { DiscordSimulator, FaultSpec } from '@dms/discord-simulator';
import type { EventLog } from '@dms/event-log';
import { eventually } from '@dms/test-kit';
import { expect } from '@jest/globals';
import { eventsOf } from './truth.ts';

/** How often the simulator says that each of its faults fired. */
export const firedOf = (simulator: DiscordSimulator, ids: readonly string[]): readonly number[] =>
  ids.map((id) => simulator.faults.list().find((report) => report.id === id)?.fired ?? 0);

/** Waits until each has fired as often as it was asked to, or once if it lasts until cleared. */
export async function haveFired(
  simulator: DiscordSimulator,
  specs: readonly FaultSpec[],
  ids: readonly string[],
): Promise<void> {
  const wanted = specs.map((spec) => ('times' in spec && spec.times !== undefined ? spec.times : 1));
  const isShort = (): readonly boolean[] => firedOf(simulator, ids).map((count, index) => count < (wanted[index] ?? 1));
  await eventually(() => expect(isShort()).not.toContain(true), { timeoutMs: 20_000 });
}

async function gapsOf(log: EventLog, simulator: DiscordSimulator) {
  const events = (await eventsOf(log, simulator)).filter(({ type }) => type.startsWith('GAP_'));
  return events.map(({ type, payload }) => ({ type, ...JSON.parse(payload) }));
}

const SLOW = { timeoutMs: 30_000, intervalMs: 200 };

/** The gaps in the log of this simulator's guilds, once so many are closed. */
export const gapsClosed = (log: EventLog, simulator: DiscordSimulator, count: number) =>
  eventually(async () => {
    const gaps = await gapsOf(log, simulator);
    expect(gaps.filter(({ type }) => type === 'GAP_CLOSE')).toHaveLength(count);
    return gaps;
  }, SLOW);

/** At least one was opened, and all of them are closed. */
export const everyGapClosed = (log: EventLog, simulator: DiscordSimulator): Promise<void> =>
  eventually(async () => {
    const types = (await gapsOf(log, simulator)).map(({ type }) => type);
    expect(types.at(-1)).toBe('GAP_CLOSE');
    expect(types.filter((type) => type === 'GAP_OPEN')).toHaveLength(types.length / 2);
    expect((await log.writerState()).openGaps).toBe(0);
  }, SLOW);
