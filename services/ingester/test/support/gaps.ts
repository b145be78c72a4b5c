import type { DiscordSimulator } from '@dms/discord-simulator';
import { eventually } from '@dms/test-kit';
import { expect } from '@jest/globals';
import { eventsOf } from './truth.ts';
import type { useRig } from './use-rig.ts';

/** What a test of gaps does and sees. */
export function withGaps({ log, startIngester, expectTruth }: ReturnType<typeof useRig>) {
  const gapEvents = async (simulator: DiscordSimulator) =>
    (await eventsOf(log(), simulator))
      .filter(({ type }) => type.startsWith('GAP_'))
      .map(({ type, payload }) => ({ type, ...JSON.parse(payload) }));

  const gapsClosed = (simulator: DiscordSimulator, count: number): Promise<void> =>
    eventually(
      async () => expect((await gapEvents(simulator)).filter(({ type }) => type === 'GAP_CLOSE')).toHaveLength(count),
      { timeoutMs: 20_000, intervalMs: 200 },
    );

  /** Runs an ingester until what `talk` does is stored, and leaves Discord without a session to go on with. */
  const listenAndLose = async (simulator: DiscordSimulator, talk: () => void): Promise<void> => {
    const { connected, ingester } = startIngester(simulator);
    await connected();
    talk();
    await expectTruth(simulator);
    await ingester.stop();
    expect(simulator.faults.add({ kind: 'expire_session' }).fired).toBe(1);
  };

  return { gapEvents, gapsClosed, listenAndLose };
}
