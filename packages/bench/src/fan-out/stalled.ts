import type { Workshop } from '../processes.ts';
import type { Report } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';
import { describeTarget, type Target } from '../targets.ts';
import type { FanOutCommand } from './command.ts';
import { type ContestantName, type Ground, LABELS, startContestant } from './contestants.ts';
import { withGround } from './ground.ts';
import { type Measurement, measurePace, residentMiB } from './measure.ts';
import { startSwarm } from './swarm.ts';

const CONTESTANTS: readonly ContestantName[] = ['product', 'uws'];
/** Enough to fill what the kernel holds for a socket, within seconds. */
const RATE = 2_000;
const STALLED_SHARE = 0.1;
/** Of a machine whose every millisecond is shared, beyond which a difference is one. */
const MAX_SLOWER = 1.25;

interface Pair {
  readonly alone: Measurement;
  readonly beside: Measurement;
  readonly growthMiB: number;
  readonly growthAloneMiB: number;
}

/** Fast clients alone, and beside a tenth as many that do not read: what these cost the others, and the server's memory. */
export async function benchStalled(
  { clients, seconds }: FanOutCommand,
  workshop: Workshop,
  around: Surroundings,
): Promise<Report> {
  const pairs = new Map<ContestantName, Pair>();
  await withGround(async (ground) => {
    for (const name of CONTESTANTS) {
      around.say(`fanout: stalled, ${LABELS[name]}`);
      pairs.set(name, await measurePair(workshop, ground, name, clients, seconds));
    }
  });
  const [ours, theirs] = [pairs.get('product'), pairs.get('uws')];
  const ratio = (a: number | undefined, b: number | undefined) => (a === undefined || !b ? null : a / b);
  const targets: readonly Target[] = [
    {
      name: 'p99 of fast clients, beside stalled ones of alone',
      value: ratio(ours?.beside.window.p99Ms, ours?.alone.window.p99Ms),
      bound: { atMost: MAX_SLOWER },
      unit: ' ×',
    },
    {
      name: 'memory growth with a tenth stalled, of uWebSockets.js',
      value: ratio(ours?.growthMiB, theirs?.growthMiB),
      bound: { atMost: 0.2 },
      unit: ' ×',
    },
  ];
  return {
    title: `${clients} fast clients beside ${clients * STALLED_SHARE} that do not read, ${RATE} messages/s for ${seconds} s`,
    columns: [
      'server',
      'p50 ms alone',
      'p99 ms alone',
      'p50 ms beside',
      'p99 ms beside',
      'MiB grown alone',
      'MiB grown beside',
      'wrong',
    ],
    rows: [...pairs].map(([name, { alone, beside, growthMiB, growthAloneMiB }]) => [
      LABELS[name],
      ...[alone, beside].flatMap(({ window }) => [window.p50Ms, window.p99Ms]),
      Math.round(growthAloneMiB),
      Math.round(growthMiB),
      alone.wrong + beside.wrong,
    ]),
    notes: targets.map(describeTarget),
    figures: { clients, seconds, rate: RATE, targets, pairs: Object.fromEntries(pairs) },
  };
}

async function measurePair(
  workshop: Workshop,
  ground: Ground,
  name: ContestantName,
  clients: number,
  seconds: number,
): Promise<Pair> {
  const contestant = await startContestant(workshop, ground, name);
  const swarm = await startSwarm(workshop);
  const sleepers = await startSwarm(workshop);
  const { url, speech, process } = contestant;
  const grown = async (run: () => Promise<Measurement>) => {
    const before = residentMiB(process.pid);
    const measured = await run();
    return { measured, growthMiB: measured.residentMiB - before };
  };
  try {
    await swarm.open({ group: 'fast', count: clients, url, speech });
    const pace = { rate: RATE, seconds };
    // The first run fills what every later run finds filled.
    await measurePace(workshop, ground, contestant, swarm, clients, pace);
    const alone = await grown(() => measurePace(workshop, ground, contestant, swarm, clients, pace));
    await sleepers.open({ group: 'stalled', count: clients * STALLED_SHARE, url, speech, isStalled: true });
    const beside = await grown(() => measurePace(workshop, ground, contestant, swarm, clients, pace));
    for (const each of [swarm, sleepers]) await each.order({ kind: 'end' });
    return {
      alone: alone.measured,
      beside: beside.measured,
      growthMiB: beside.growthMiB,
      growthAloneMiB: alone.growthMiB,
    };
  } finally {
    for (const each of [swarm, sleepers]) await each.stop();
    await contestant.stop();
  }
}
