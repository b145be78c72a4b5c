import type { Workshop } from '../processes.ts';
import type { Report } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';
import { describeTarget } from '../targets.ts';
import type { FanOutCommand } from './command.ts';
import { startContestant, startGateway } from './contestants.ts';
import { withGround } from './ground.ts';
import { type Measurement, measurePace } from './measure.ts';
import { startSwarm } from './swarm.ts';

const FILTERS = 5_000;
const FIRST_CHANNEL_ID = 2_000;
const FILTER_RATE = 200;
const SCALE_RATE = 400;

/** Thousands of distinct filters beside one, and two gateways beside one: the same messages, and what they cost. */
export async function benchSpread(
  { clients, seconds }: FanOutCommand,
  workshop: Workshop,
  around: Surroundings,
): Promise<Report> {
  const rows = new Map<string, Measurement>();
  let scale: number | null = null;
  await withGround(async (ground) => {
    const run = async (label: string, groups: number): Promise<void> => {
      around.say(`fanout: ${label}`);
      const product = await startContestant(workshop, ground, 'product');
      const swarm = await startSwarm(workshop);
      try {
        const { url, speech } = product;
        const groupIds = Array.from({ length: groups }, (_, index) => String(FIRST_CHANNEL_ID + index));
        await swarm.open({
          group: 'channel',
          groups,
          groupIds,
          count: FILTERS,
          url: `${url}?channel_id={group}`,
          speech,
        });
        const pace = { rate: FILTER_RATE, seconds, channels: groups };
        rows.set(label, await measurePace(workshop, ground, product, swarm, FILTERS / groups, pace));
        await swarm.order({ kind: 'end' });
      } finally {
        await swarm.stop();
        await product.stop();
      }
    };
    await run(`${FILTERS} clients, one filter`, 1);
    await run(`${FILTERS} clients, ${FILTERS} filters`, FILTERS);

    around.say('fanout: two gateways');
    const first = await startContestant(workshop, ground, 'product');
    const second = await startGateway(workshop, ground, first.databaseUrl);
    const swarm = await startSwarm(workshop);
    try {
      const { speech } = first;
      await swarm.open({ group: 'all', count: clients, url: first.url, speech });
      const pace = { rate: SCALE_RATE, seconds };
      const one = await measurePace(workshop, ground, first, swarm, clients, pace);
      await swarm.open({ group: 'all', count: clients, url: second.url, speech });
      const two = await measurePace(workshop, ground, first, swarm, 2 * clients, pace, [second.process.pid]);
      rows.set(`${clients} clients, one gateway`, one);
      rows.set(`${2 * clients} clients, two gateways`, two);
      if (one.cpuPerMillion !== null && two.cpuPerMillion !== null) scale = (2 * one.cpuPerMillion) / two.cpuPerMillion;
      await swarm.order({ kind: 'end' });
    } finally {
      await swarm.stop();
      await second.stop();
      await first.stop();
    }
  });
  const target = {
    name: 'what two cores deliver with two gateways, of one',
    value: scale,
    bound: { atLeast: 1.7 },
    unit: ' ×',
  };
  return {
    title: `Many filters, and two gateways, ${seconds} s each`,
    columns: [
      'what',
      'messages/s',
      'deliveries/s',
      'p50 ms',
      'p99 ms',
      'gateway CPU s/M',
      'loop p99 ms',
      'MiB',
      'wrong',
    ],
    rows: [...rows].map(([label, run]) => [
      label,
      run.rate,
      Math.round(run.deliveriesPerSecond),
      run.window.p50Ms,
      run.window.p99Ms,
      run.cpuPerMillion,
      run.loopP99Ms,
      Math.round(run.residentMiB),
      run.wrong,
    ]),
    notes: [
      'two gateways, from the CPU that a delivery costs: on two cores the clients would need one of them',
      describeTarget(target),
    ],
    figures: { clients, seconds, target, runs: Object.fromEntries(rows) },
  };
}
