import { setTimeout as delay } from 'node:timers/promises';
import { describeWith, eventually, type FaultProxy, queryPostgres, startFaultProxy } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { clusterNeeds } from '../support/deployment.ts';
import { expectStreams } from '../support/kill-run.ts';
import { endPrograms, outputOf } from '../support/programs.ts';
import { report, seconds, timed } from '../support/report.ts';
import {
  type CampaignCluster,
  type CampaignIngester,
  type Crash,
  startCampaignCluster,
  untilQuiet,
} from './campaign-cluster.ts';
import * as observers from './observers.ts';
import { ACTS_PER_SECOND } from './traffic.ts';
import { startWireTap, type WireTap } from './wire-tap.ts';

/** A lease of 5 s, a try each second, a lock that is waited for 1 s, and the statement itself. */
const MAX_TAKEOVER_MS = 9_000;
/** How long a frozen or cut-off leader stays so, the takeover included: well beyond its lease and every time-out of its own. */
const FAULT_MS = 15_000;
const FREEZE_AT: Crash = { step: 'batch-taken', visit: 200, signal: 'SIGSTOP' };
const RUN_TIMEOUT_MS = 420_000;
const SETTLE_TIMEOUT_MS = 120_000;

/** An ingester whose way to the database can be harmed. */
interface Rival extends CampaignIngester {
  readonly proxy: FaultProxy;
  readonly tap: WireTap;
}

describeWith(
  clusterNeeds,
  `two ingesters under ${ACTS_PER_SECOND} acts a second, the leading one harmed in every way`,
  () => {
    const takeoversMs = new Map<string, number>();
    const rivals: Rival[] = [];
    let cluster: CampaignCluster;
    let last: CampaignIngester;

    const startRival = async (crash?: Crash): Promise<Rival> => {
      const { hostname, port } = new URL(cluster.databaseUrl);
      const proxy = await startFaultProxy({ host: hostname, port: Number(port) });
      const behind = new URL(cluster.databaseUrl);
      behind.host = `${proxy.host}:${proxy.port}`;
      const tap = await startWireTap(behind.href);
      const ingester = await cluster.startIngester({ databaseUrl: tap.url, ...(crash !== undefined && { crash }) });
      const rival = { ...ingester, proxy, tap };
      rivals.push(rival);
      return rival;
    };

    /** Resolves when this ingester holds the lease. */
    const untilHeldBy = ({ program }: CampaignIngester): Promise<void> =>
      eventually(
        async () => {
          const [head] = await queryPostgres(cluster.databaseUrl, 'SELECT holder FROM head WHERE expires > now()');
          expect(String(head?.holder)).toMatch(new RegExp(`:${program.pid}$`));
        },
        { timeoutMs: 60_000, intervalMs: 50 },
      );

    /** Resolves with how long it took, in milliseconds. */
    const measureTakeover = async (fault: string, standby: CampaignIngester): Promise<number> => {
      const { ms } = await timed(() => untilHeldBy(standby));
      takeoversMs.set(fault, ms);
      report(
        `${fault}: the other one led after ${seconds(ms)}, ${cluster.simulator.sessions().resumes} RESUMEs so far`,
      );
      await cluster.clients.untilMore(1);
      return ms;
    };

    /** It tried to write on and was refused, and knows that it does not lead. */
    const untilFenced = async (zombie: CampaignIngester): Promise<void> => {
      await zombie.program.waitForLine(/lease is held elsewhere, standing by/, 60_000);
    };

    beforeAll(async () => {
      cluster = await startCampaignCluster(1);
      const frozen = await startRival(FREEZE_AT);
      cluster.first.program.kill('SIGKILL');
      await untilHeldBy(frozen);

      const cutOff = await startRival();
      await eventually(async () => expect(await frozen.hasCrashed()).toBe(true), { timeoutMs: 60_000, intervalMs: 20 });
      const frozenMs = await measureTakeover('frozen before a commit', cutOff);
      await delay(FAULT_MS - frozenMs);
      frozen.program.kill('SIGCONT');
      await untilFenced(frozen);

      cutOff.proxy.blackhole();
      const cutOffMs = await measureTakeover('cut off from the database', frozen);
      await delay(FAULT_MS - cutOffMs);
      cutOff.proxy.heal();
      await untilFenced(cutOff);
      report(`${cluster.simulator.sessions().resumes} RESUMEs so far`);

      await frozen.tap.catchCommit(3, 'commit-unanswered');
      frozen.tap.cut();
      const { ms } = await timed(() => untilNewTerm(cluster));
      takeoversMs.set('an unanswered commit', ms);
      report(`an unanswered commit: a new term after ${seconds(ms)}`);
      await cluster.clients.untilMore(1);

      const leader = await leaderOf(cluster, rivals);
      const other = rivals.find((rival) => rival !== leader) ?? leader;
      await leader.tap.catchCommit(3, 'commit-withheld');
      leader.program.kill('SIGSTOP');
      await measureTakeover('frozen inside a transaction', other);
      leader.program.kill('SIGCONT');
      await untilFenced(leader);

      last = other;
      cluster.traffic.stop();
      await untilQuiet(() => observers.messagesDifference(cluster), SETTLE_TIMEOUT_MS).catch((error: unknown) => {
        throw new Error(rivals.map(({ program }) => outputOf(program)).join('\n'), { cause: error });
      });
    }, RUN_TIMEOUT_MS);

    afterAll(async () => {
      for (const { program } of rivals) program.kill('SIGCONT');
      await endPrograms();
      for (const { tap, proxy } of rivals) {
        await tap.close();
        await proxy.close();
      }
      await cluster?.stop();
    }, 60_000);

    it('the other one led within 9 s each time', () => {
      expect([...takeoversMs.keys()]).toHaveLength(4);
      expect([...takeoversMs].filter(([, ms]) => ms > MAX_TAKEOVER_MS)).toEqual([]);
    });

    it('one session with Discord went on through all of it', () => {
      expect(cluster.simulator.sessions().identifies).toBe(1);
    });

    it('I1, I2: there is one history: 1 to head, terms that never fall, and it gives the message rows', async () => {
      expect(await observers.logDifference(cluster.databaseUrl)).toBeNull();
      expect(await observers.orderDifference(cluster.simulator, cluster.databaseUrl)).toBeNull();
    });

    it('I8: the message rows are what Discord shows, and so is the history', async () => {
      expect(await observers.messagesDifference(cluster)).toBeNull();
      expect(await observers.historyDifference(cluster)).toBeNull();
    }, 60_000);

    it('I5, I6: each client received the log through its filter once, in order, without a reset', async () => {
      const { log, difference } = await observers.replayDifference(cluster);
      expect(difference).toBeNull();
      await cluster.clients.everything.waitFor((events) => (events.at(-1)?.s ?? 0) >= log.length);
      expectStreams(cluster.clients, { log, truth: cluster.truth() });
      expect(last.program.hasExited).toBe(false);
    }, 60_000);
  },
);

async function termOf({ databaseUrl }: CampaignCluster): Promise<string> {
  const [head] = await queryPostgres(databaseUrl, 'SELECT term FROM head');
  return String(head?.term);
}

async function untilNewTerm(cluster: CampaignCluster): Promise<void> {
  const before = await termOf(cluster);
  await eventually(async () => expect(await termOf(cluster)).not.toBe(before), { timeoutMs: 60_000, intervalMs: 50 });
}

async function leaderOf({ databaseUrl }: CampaignCluster, rivals: readonly Rival[]): Promise<Rival> {
  const [head] = await queryPostgres(databaseUrl, 'SELECT holder FROM head');
  const leader = rivals.find(({ program }) => String(head?.holder).endsWith(`:${program.pid}`));
  if (leader === undefined) throw new Error('nobody leads');
  return leader;
}
