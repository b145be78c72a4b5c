import { setTimeout as delay } from 'node:timers/promises';
import type { Workshop } from '../processes.ts';
import type { Report } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';
import { describeTarget } from '../targets.ts';
import type { FanOutCommand } from './command.ts';
import { type ContestantName, LABELS, startContestant } from './contestants.ts';
import { withGround } from './ground.ts';
import { residentMiB } from './measure.ts';
import { startSwarm } from './swarm.ts';

const CONTESTANTS: readonly ContestantName[] = ['product', 'ws', 'socket.io', 'uws', 'raw'];
/** Connected first and not counted: code is compiled and pools are filled by then. */
const WARM_CLIENTS = 500;
const KIB_PER_MIB = 1_024;
const MAX_KIB = 9;

/** Resident memory of the server for each further client that only listens, while it does what it does for idle clients. */
export async function benchIdle(
  { clients, seconds }: FanOutCommand,
  workshop: Workshop,
  around: Surroundings,
): Promise<Report> {
  const perClient = new Map<ContestantName, number>();
  await withGround(async (ground) => {
    for (const name of CONTESTANTS) {
      around.say(`fanout: idle, ${LABELS[name]}`);
      const contestant = await startContestant(workshop, ground, name);
      const swarm = await startSwarm(workshop);
      const { url, speech, process } = contestant;
      try {
        await swarm.open({ group: 'warm', count: WARM_CLIENTS, url, speech });
        await delay(seconds * 1_000);
        const before = residentMiB(process.pid);
        await swarm.open({ group: 'idle', count: clients, url, speech });
        await delay(seconds * 1_000);
        perClient.set(name, ((residentMiB(process.pid) - before) * KIB_PER_MIB) / clients);
        await swarm.order({ kind: 'end' });
      } finally {
        await swarm.stop();
        await contestant.stop();
      }
    }
  });
  const value = perClient.get('product') ?? null;
  const target = { name: 'resident per idle connection', value, bound: { atMost: MAX_KIB }, unit: ' KiB' };
  return {
    title: `Memory of ${clients} idle connections, after ${WARM_CLIENTS} that are not counted`,
    columns: ['server', 'KiB a connection'],
    rows: [...perClient].map(([name, kib]) => [LABELS[name], kib]),
    notes: ['resident memory of the server process; what the kernel holds is not in it', describeTarget(target)],
    figures: { clients, target, kibPerConnection: Object.fromEntries(perClient) },
  };
}
