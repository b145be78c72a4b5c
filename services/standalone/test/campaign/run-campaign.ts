import { setTimeout as delay } from 'node:timers/promises';
import { exitCodeOf, outputOf } from '../support/programs.ts';
import { report, seconds, timed } from '../support/report.ts';
import type { CampaignCluster, CampaignIngester } from './campaign-cluster.ts';
import { describeRun, type Run } from './plan.ts';
import { startWireTap } from './wire-tap.ts';

const GAP_TIMEOUT_MS = 120_000;

export interface CampaignOptions {
  /** Whether Discord ends the session at each death; then none may stand by. */
  readonly isExpiring: boolean;
  /** How long a run may take to come to its crash point. */
  readonly runTimeoutMs: number;
}

export interface Verdict {
  /** Those that fired. */
  readonly killed: readonly Run[];
  /** Deaths after which Discord would not have resumed the session that was stored. */
  readonly sessionsLost: number;
  /** The one that was not killed. */
  readonly last: CampaignIngester;
}

/** An ingester and what ends it. */
interface Doomed {
  readonly ingester: CampaignIngester;
  /** Resolves when it is dead as planned. @throws when it ended otherwise, or not in time. */
  untilKilled(): Promise<void>;
}

/** Runs one ingester after the other to its death, and then one that lives. */
export async function runCampaign(
  cluster: CampaignCluster,
  runs: readonly Run[],
  { isExpiring, runTimeoutMs }: CampaignOptions,
): Promise<Verdict> {
  const killed: Run[] = [];
  let sessionsLost = 0;
  let current = killedByHand(cluster.first);

  /** Ends the current one; the next one, standing by or started now, follows. */
  const succeed = async (
    start: () => Promise<Doomed>,
    { isStandby, waitsForLease }: Pick<Run, 'isStandby' | 'waitsForLease'>,
  ): Promise<void> => {
    // A second one that asks before the first one leads may lead instead of it. Some die before they lead.
    if (isStandby) await current.ingester.untilLeading().catch(() => {});
    const standby = isStandby ? await start() : null;
    await current.untilKilled();
    if (isExpiring) cluster.simulator.faults.add({ kind: 'expire_session' });
    if (!(await cluster.isSessionAlive())) sessionsLost += 1;
    if (!waitsForLease) await cluster.endLeaseOf(current.ingester);
    current = standby ?? (await start());
  };

  for (const run of runs) {
    const { ms } = await timed(() => succeed(() => startDoomed(cluster, run, runTimeoutMs), run));
    report(`${seconds(ms)}: the one before is dead; now one to be killed at ${describeRun(run)}`);
    killed.push(run);
  }
  const isStandby = !isExpiring;
  await succeed(async () => killedByHand(await cluster.startIngester()), { isStandby, waitsForLease: true });
  const last = current.ingester;
  await last.untilLeading();
  await cluster.clients.untilMore(1);
  return { killed, sessionsLost, last };
}

/** Ends the last one and its session: the next one asks Discord for everything again. */
export async function askAgain(cluster: CampaignCluster, { last: before, ...verdict }: Verdict): Promise<Verdict> {
  await killedByHand(before).untilKilled();
  cluster.simulator.faults.add({ kind: 'expire_session' });
  await cluster.endLeaseOf(before);
  const last = await cluster.startIngester();
  await last.program.waitForLine(/gap closed/, GAP_TIMEOUT_MS);
  return { ...verdict, last, sessionsLost: verdict.sessionsLost + 1 };
}

function killedByHand(ingester: CampaignIngester): Doomed {
  return {
    ingester,
    async untilKilled() {
      ingester.program.kill('SIGKILL');
      await ingester.program.exited;
    },
  };
}

async function startDoomed(cluster: CampaignCluster, { kill }: Run, timeoutMs: number): Promise<Doomed> {
  switch (kill.at) {
    case 'any-moment': {
      const ingester = await cluster.startIngester();
      return {
        ingester,
        async untilKilled() {
          await ingester.untilLeading();
          await delay(kill.afterMs);
          await killedByHand(ingester).untilKilled();
        },
      };
    }
    case 'statement-sent':
    case 'commit-unanswered': {
      const tap = await startWireTap(cluster.databaseUrl);
      const ingester = await cluster.startIngester({ databaseUrl: tap.url });
      const caught = tap.catchCommit(kill.visit, kill.at);
      return {
        ingester,
        async untilKilled() {
          await withDeadline(
            caught,
            timeoutMs,
            () => `${kill.at} #${kill.visit}: ${tap.commits} commits\n${outputOf(ingester.program)}`,
          );
          await killedByHand(ingester).untilKilled();
          await tap.close();
        },
      };
    }
    default: {
      const ingester = await cluster.startIngester({ crash: { step: kill.at, visit: kill.visit, signal: 'SIGKILL' } });
      return {
        ingester,
        async untilKilled() {
          await exitCodeOf(ingester.program, timeoutMs);
          if (!(await ingester.hasCrashed()))
            throw new Error(`it ended before ${kill.at}:\n${outputOf(ingester.program)}`);
        },
      };
    }
  }
}

async function withDeadline(task: Promise<void>, timeoutMs: number, describe: () => string): Promise<void> {
  const waiting = new AbortController();
  const late = delay(timeoutMs, 'late', { signal: waiting.signal }).catch(() => null);
  const first = await Promise.race([task, late]);
  waiting.abort();
  if (first === 'late') throw new Error(`nothing after ${timeoutMs} ms: ${describe()}`);
}
