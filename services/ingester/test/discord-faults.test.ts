import { seededRandom } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { DISCORD_FAULTS, type DiscordFault } from './support/discord-faults.ts';
import { gapsClosed, haveFired } from './support/fault-run.ts';
import { livelyTraffic } from './support/lively-traffic.ts';
import { useRig } from './support/use-rig.ts';

const ACTS = 45;
const { log, startSimulator, startIngester, expectTruth } = useRig();
const cases = Object.values(DISCORD_FAULTS).flatMap((rows) =>
  rows.map((row): [string, DiscordFault] => [row.name, row]),
);

describe('Discord fails in the middle of a conversation', () => {
  it.each(cases)(
    '%s: the archive equals the truth',
    async (name, fault) => {
      const simulator = await startSimulator(fault.simulator);
      const ingester = startIngester(simulator, fault.settings);
      await ingester.connected();
      const traffic = livelyTraffic(simulator, seededRandom(name.length));
      await traffic.play(ACTS);
      await expectTruth(simulator);

      const ids = fault.faults.map((spec) => simulator.faults.add(spec).id);
      await traffic.play(ACTS);
      await haveFired(simulator, fault.faults, ids);
      simulator.faults.clear();
      await traffic.play(ACTS);

      const hasGap = fault.gap !== null;
      const gaps = await gapsClosed(log(), simulator, hasGap ? 1 : 0);
      expect(gaps).toMatchObject(hasGap ? [{ type: 'GAP_OPEN', reason: fault.gap }, { type: 'GAP_CLOSE' }] : []);
      expect(gaps.flatMap(({ unrecoverable = [] }) => unrecoverable)).toHaveLength(fault.isRefused ? 1 : 0);
      if (!fault.isSilent) await expectTruth(simulator, { hasGap, isCounting: hasGap });
      if (hasGap || fault.isSilent) {
        simulator.faults.add({ kind: 'expire_session' });
        await gapsClosed(log(), simulator, hasGap ? 2 : 1);
        await expectTruth(simulator, { hasGap: true });
      }
      expect((await log().writerState()).openGaps).toBe(0);
      expect(ingester.refusals).toEqual([]);
    },
    90_000,
  );
});
