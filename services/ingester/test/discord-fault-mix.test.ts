import type { FaultSpec } from '@dms/discord-simulator';
import { eventually, seededRandom } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { DISCORD_FAULTS, type DiscordFault } from './support/discord-faults.ts';
import { everyGapClosed, firedOf } from './support/fault-run.ts';
import { livelyTraffic } from './support/lively-traffic.ts';
import { useRig } from './support/use-rig.ts';

/** More than one finds more: `FAULT_ROUNDS=50`. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? '2');
const FIRST_SEED = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000);
const ROUND_TIMEOUT_MS = 120_000;
const FAULTS_AT_ONCE = 4;
const { log, startSimulator, startIngester, expectTruth } = useRig();

const rows: readonly DiscordFault[] = Object.values(DISCORD_FAULTS).flat();
/** A refused channel is what it is; alone, its test says what comes of it. */
const combinable = rows.filter(({ isRefused }) => isRefused !== true);

describe('Discord fails in several ways at once', () => {
  const rounds = Array.from({ length: ROUNDS }, (_, index) => [FIRST_SEED + index]);

  it.each(rounds)(
    'the archive equals the truth (FAULT_SEED=%i FAULT_ROUNDS=1)',
    async (seed) => {
      const random = seededRandom(seed);
      const simulator = await startSimulator({ heartbeatIntervalMs: 1_000, rateLimits: random.next() < 0.3 });
      const ingester = startIngester(simulator, {
        resumeTimeoutMs: 1_000,
        // A bot of its own: many rounds would use up the IDENTIFYs of one.
        token: `bot-${seed}.ingester.test`,
      });
      await ingester.connected();
      const traffic = livelyTraffic(simulator, random);
      await traffic.play(30);

      const specs: FaultSpec[] = [];
      const ids: string[] = [];
      for (let count = 0; count < FAULTS_AT_ONCE; count += 1) {
        for (const spec of random.pick(combinable).faults) {
          specs.push(spec);
          ids.push(simulator.faults.add(spec).id);
        }
        await traffic.play(random.integer(10, 40));
      }
      simulator.faults.clear();
      await traffic.play(30);
      // Whatever Discord kept to itself comes right when the next session begins.
      const { identifies } = simulator.sessions();
      simulator.faults.add({ kind: 'expire_session' });
      await eventually(() => expect(simulator.sessions().identifies).toBeGreaterThan(identifies), {
        timeoutMs: 40_000,
      });
      await expectTruth(simulator, { hasGap: true });
      await everyGapClosed(log(), simulator);
      expect(ingester.refusals).toEqual([]);
      expect(firedOf(simulator, ids).some((count) => count > 0)).toBe(true);
    },
    ROUND_TIMEOUT_MS,
  );
});
