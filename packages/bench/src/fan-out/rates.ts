import type { Workshop } from '../processes.ts';
import type { Report } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';
import type { FanOutCommand } from './command.ts';
import { type ContestantName, type Ground, LABELS, startContestant } from './contestants.ts';
import { withGround } from './ground.ts';
import { type Measurement, measurePace } from './measure.ts';
import { ratesReport } from './rates-report.ts';
import { startSwarm } from './swarm.ts';

export type Runs = ReadonlyMap<ContestantName, readonly Measurement[]>;

/** Messages per second, ascending. Who falls far behind at one is not asked for the next. */
const FAR_BEHIND = 0.6;
const FEW_CLIENTS = 2_000;
const RATES: Readonly<Record<'few' | 'many', Readonly<Record<'slow' | 'fast', readonly number[]>>>> = {
  few: { slow: [50, 200], fast: [50, 400, 2_000, 6_000, 10_000] },
  many: { slow: [5, 20], fast: [20, 50, 100, 300, 600] },
};
/** Those that write once a message and client give up early. */
const FAST: readonly ContestantName[] = ['product', 'uws'];
const CONTESTANTS: readonly ContestantName[] = ['product', 'uws', 'ws', 'stringify', 'socket.io', 'raw'];

/** Each contestant at rising rates, with the same clients, messages and Redis. */
export async function benchRates(command: FanOutCommand, workshop: Workshop, around: Surroundings): Promise<Report> {
  const { clients, seconds } = command;
  const rates = RATES[clients <= FEW_CLIENTS ? 'few' : 'many'];
  const runs = new Map<ContestantName, readonly Measurement[]>();
  await withGround(async (ground) => {
    for (const name of CONTESTANTS) {
      const ladder = rates[FAST.includes(name) ? 'fast' : 'slow'];
      runs.set(name, await climb(workshop, ground, name, { clients, seconds, ladder, say: around.say }));
    }
  });
  return ratesReport(command, workshop.build, runs);
}

interface Climb {
  readonly clients: number;
  readonly seconds: number;
  readonly ladder: readonly number[];
  say(text: string): void;
}

async function climb(
  workshop: Workshop,
  ground: Ground,
  name: ContestantName,
  { clients, seconds, ladder, say }: Climb,
): Promise<readonly Measurement[]> {
  const contestant = await startContestant(workshop, ground, name);
  const swarm = await startSwarm(workshop);
  const measured: Measurement[] = [];
  try {
    await swarm.open({ group: 'all', count: clients, url: contestant.url, speech: contestant.speech });
    for (const rate of ladder) {
      const run = await measurePace(workshop, ground, contestant, swarm, clients, { rate, seconds });
      measured.push(run);
      say(`fanout: ${LABELS[name]}, ${rate}/s: ${Math.round(run.deliveriesPerSecond)} deliveries/s`);
      if (run.deliveriesPerSecond < FAR_BEHIND * rate * clients) break;
    }
    await swarm.order({ kind: 'end' });
  } finally {
    await swarm.stop();
    await contestant.stop();
  }
  return measured;
}
