import { setTimeout as delay } from 'node:timers/promises';
import type { Workshop } from '../processes.ts';
import type { Report } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';
import type { SwarmFigures } from '../workers/swarm-orders.ts';
import type { FanOutCommand } from './command.ts';
import { type ContestantName, LABELS, startContestant, startGateway } from './contestants.ts';
import { withGround } from './ground.ts';
import { startPublisher, untilPublished, wrongOf } from './measure.ts';
import { startSwarm } from './swarm.ts';

/** As in AnyCable's jitter test: two messages a second, and everybody is cut about every 15 s and away for 2 s. */
const JITTER_RATE = 2;
const JITTER_EVERY_MS = 15_000;
const JITTER_SECONDS = 30;
const OFFLINE_MS = 2_000;
const STORM_RATE = 100;
const STORM_SECONDS = 8;
const QUIET_MS = 15_000;
const TERM = '1';
/** Those that promise to go on where a client was. */
const CONTESTANTS: readonly ContestantName[] = ['product', 'recovery'];

interface Ordeal {
  readonly server: ContestantName;
  readonly name: string;
  readonly cuts: number;
  readonly figures: SwarmFigures;
  readonly expected: number;
  readonly clients: number;
}

/** What clients get whose connections are lost: one by one all the time, all at once, and with their gateway. */
export async function benchResume(
  { clients }: FanOutCommand,
  workshop: Workshop,
  around: Surroundings,
): Promise<Report> {
  const ordeals: Ordeal[] = [];
  for (const name of CONTESTANTS) {
    around.say(`fanout: resuming, ${LABELS[name]}`);
    for (const ordeal of [jitter, storm]) ordeals.push(await ordeal(workshop, clients, name));
  }
  around.say('fanout: draining');
  ordeals.push(await drain(workshop, clients));
  return {
    title: `${clients} clients whose connections are lost`,
    columns: [
      'server',
      'ordeal',
      'recoveries',
      'deliveries',
      'missing or wrong',
      'p50 ms',
      'p99 ms',
      'max ms',
      'refused',
    ],
    rows: ordeals.map(({ server, name, figures, expected, clients: count }) => [
      LABELS[server],
      name,
      figures.recoveriesMs.length,
      figures.totalFrames * count - figures.behind,
      wrongOf(figures) + Math.abs(expected - figures.totalFrames),
      ...[0.5, 0.99, 1].map((share) => quantile(figures.recoveriesMs, share)),
      figures.refused,
    ]),
    notes: [
      `times are from the loss of a connection to having all that was there when it was back, ${OFFLINE_MS / 1_000} s of staying away included (none while draining)`,
    ],
    figures: { clients, ordeals },
  };
}

const quantile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;

async function jitter(workshop: Workshop, clients: number, server: ContestantName): Promise<Ordeal> {
  const plan = { rate: JITTER_RATE, seconds: JITTER_SECONDS };
  return await endure(workshop, clients, server, 'each cut about every 15 s', plan, async (order) => {
    await order({ kind: 'jitter', everyMs: JITTER_EVERY_MS, untilMs: JITTER_SECONDS * 1_000 });
  });
}

async function storm(workshop: Workshop, clients: number, server: ContestantName): Promise<Ordeal> {
  const plan = { rate: STORM_RATE, seconds: STORM_SECONDS };
  return await endure(workshop, clients, server, 'all cut at once', plan, async (order) => {
    await delay((STORM_SECONDS * 1_000) / 4);
    await order({ kind: 'cut' });
  });
}

type Orders = (order: Parameters<Awaited<ReturnType<typeof startSwarm>>['order']>[0]) => Promise<SwarmFigures>;

async function endure(
  workshop: Workshop,
  clients: number,
  server: ContestantName,
  name: string,
  plan: { readonly rate: number; readonly seconds: number },
  hurt: (order: Orders) => Promise<void>,
): Promise<Ordeal> {
  return await withGround(async (ground) => {
    const contestant = await startContestant(workshop, ground, server);
    const swarm = await startSwarm(workshop);
    try {
      const { url, speech } = contestant;
      await swarm.open({ group: 'all', count: clients, url, speech, stays: true, offlineMs: OFFLINE_MS, term: TERM });
      const publisher = await startPublisher(workshop, ground, contestant, plan);
      await hurt(swarm.order);
      const { messages } = await untilPublished(publisher, plan.seconds);
      await publisher.stop();
      const figures = await swarm.order({ kind: 'settle', frames: messages, quietMs: QUIET_MS });
      await swarm.order({ kind: 'end' });
      return { server, name, cuts: figures.closed, figures, expected: messages, clients };
    } finally {
      await swarm.stop();
      await contestant.stop();
    }
  });
}

/** Two gateways, and one of them is stopped: its clients are asked to move, each in its own slot. */
async function drain(workshop: Workshop, clients: number): Promise<Ordeal> {
  return await withGround(async (ground) => {
    const staying = await startContestant(workshop, ground, 'product');
    const leaving = await startGateway(workshop, ground, staying.databaseUrl);
    const swarm = await startSwarm(workshop);
    try {
      const { speech } = staying;
      await swarm.open({ group: 'all', count: clients / 2, url: staying.url, speech, stays: true, term: TERM });
      await swarm.open({
        group: 'all',
        count: clients / 2,
        url: leaving.url,
        moveTo: staying.url,
        speech,
        stays: true,
        term: TERM,
      });
      const plan = { rate: STORM_RATE, seconds: 2 * STORM_SECONDS };
      const publisher = await startPublisher(workshop, ground, staying, plan);
      await delay(1_000);
      await leaving.stop();
      const { messages } = await untilPublished(publisher, plan.seconds);
      await publisher.stop();
      const figures = await swarm.order({ kind: 'settle', frames: messages, quietMs: QUIET_MS });
      await swarm.order({ kind: 'end' });
      return {
        server: 'product',
        name: 'one of two gateways drained',
        cuts: figures.closed,
        figures,
        expected: messages,
        clients,
      };
    } finally {
      await swarm.stop();
      await staying.stop();
    }
  });
}
