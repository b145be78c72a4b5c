import { describeWith, eventually, seededRandom } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { clusterNeeds } from '../support/deployment.ts';
import { expectStreams } from '../support/kill-run.ts';
import { endPrograms } from '../support/programs.ts';
import { report, seconds, timed } from '../support/report.ts';
import { type CampaignCluster, startCampaignCluster, untilQuiet } from './campaign-cluster.ts';
import * as observers from './observers.ts';
import { CRASH_POINTS, describeRun, GAP_CRASH_POINTS, type Kill, planRuns } from './plan.ts';
import { askAgain, runCampaign, type Verdict } from './run-campaign.ts';
import { ACTS_PER_SECOND } from './traffic.ts';

// CAMPAIGN_RUNS, CAMPAIGN_SEED and CAMPAIGN_RATE make it longer, another one, harder or easier.
const SEED = Number(process.env.CAMPAIGN_SEED ?? '1');
/** Per session kept and per session lost; each point comes in turn. */
const RUNS = Number(process.env.CAMPAIGN_RUNS ?? String(CRASH_POINTS.length));
const RUN_TIMEOUT_MS = 120_000;
const SETTLE_TIMEOUT_MS = 180_000;

describeCampaign('whose session with Discord lives', CRASH_POINTS, RUNS, false);
describeCampaign('whose session has expired each time', GAP_CRASH_POINTS, Math.ceil(RUNS / 3), true);

function describeCampaign(whose: string, points: readonly Kill['at'][], count: number, isExpiring: boolean): void {
  const title = `the ingester, killed ${count} times under ${ACTS_PER_SECOND} acts a second, ${whose} (seed ${SEED})`;
  describeWith(clusterNeeds, title, () => {
    // None stands by where Discord must have time to end the session.
    const runs = planRuns(points, count, { random: seededRandom(SEED), standbyShare: isExpiring ? 0 : 0.5 });
    let cluster: CampaignCluster;
    let verdict: Verdict;

    beforeAll(
      async () => {
        cluster = await startCampaignCluster(SEED);
        verdict = await runCampaign(cluster, runs, { isExpiring, runTimeoutMs: RUN_TIMEOUT_MS });
        cluster.traffic.stop();
        const settle = (isCounting: boolean): Promise<void> =>
          untilQuiet(() => observers.messagesDifference(cluster, isCounting), SETTLE_TIMEOUT_MS);
        const { ms } = await timed(() => settle(isExpiring));
        report(`${cluster.traffic.acts} acts; all stored ${seconds(ms)} after the last one`);
        if (!isExpiring) return;
        verdict = await askAgain(cluster, verdict);
        await settle(false);
      },
      60_000 + count * RUN_TIMEOUT_MS + 2 * SETTLE_TIMEOUT_MS,
    );

    afterAll(async () => {
      await endPrograms();
      await cluster?.stop();
    }, 60_000);

    it('killed it wherever it was to be killed', () => {
      expect(verdict.killed.map(describeRun)).toEqual(runs.map(describeRun));
      const fired = new Set<string>(verdict.killed.map(({ kill }) => kill.at));
      if (count >= points.length) expect(points.filter((point) => !fired.has(point))).toEqual([]);
    });

    it('opened no session with Discord but where the one that was stored had ended', () => {
      expect(cluster.simulator.sessions().identifies).toBe(1 + verdict.sessionsLost);
      // Two more than runs: the ingester that began was killed too, and the one after the last run.
      expect(verdict.sessionsLost).toBe(isExpiring ? count + 2 : 0);
    });

    it('I8: the message rows are what Discord shows, word for word and reaction for reaction', async () => {
      expect(await observers.messagesDifference(cluster)).toBeNull();
    });

    it('I1, I2: the log is 1 to head, its terms never fall, and applying it gives the message rows', async () => {
      expect(await observers.logDifference(cluster.databaseUrl)).toBeNull();
    });

    if (isExpiring) {
      it('opened a gap for each session lost, and closed it when nothing was missing any more', async () => {
        await eventually(async () => expect(await gapsOf(cluster)).toMatchObject({ open: 0 }), { timeoutMs: 30_000 });
        const gaps = await gapsOf(cluster);
        expect(gaps.opened).toBeGreaterThanOrEqual(1);
        expect(gaps.opened).toBe(gaps.closed);
      });
    } else {
      it('I1, I3: every dispatch is in the log once, in Discord’s order', async () => {
        expect(await observers.orderDifference(cluster.simulator, cluster.databaseUrl)).toBeNull();
      });
    }

    it('I5, I6: each client received the log through its filter once, in order, without a reset', async () => {
      const { log, difference } = await observers.replayDifference(cluster);
      expect(difference).toBeNull();
      await cluster.clients.everything.waitFor((events) => (events.at(-1)?.s ?? 0) >= log.length);
      expectStreams(cluster.clients, { log, truth: cluster.truth() });
    }, 120_000);

    it('I8: paging through the history shows what Discord shows', async () => {
      expect(await observers.historyDifference(cluster)).toBeNull();
    }, 120_000);

    it('counted what its term left in the log', async () => {
      expect(await observers.metricsDifference(verdict.last, cluster.databaseUrl)).toBeNull();
    });
  });
}

async function gapsOf({ databaseUrl }: CampaignCluster) {
  const events = await observers.readEvents(databaseUrl);
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  const [opened, closed] = [count('GAP_OPEN'), count('GAP_CLOSE')];
  return { opened, closed, open: opened - closed };
}
