import { setTimeout as delay } from 'node:timers/promises';
import { cpuSeconds } from '../cpu.ts';
import { startWorker, type Workshop } from '../processes.ts';
import type { Report } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';
import { describeTarget, type Target } from '../targets.ts';
import type { InflatingFigures, InflatingOrder } from '../workers/swarm-orders.ts';
import type { FanOutCommand } from './command.ts';
import { type ContestantName, type Ground, startContestant } from './contestants.ts';
import { withGround } from './ground.ts';
import { residentMiB, startPublisher, untilPublished } from './measure.ts';

const RATE = 20;
const WARMUP_SECONDS = 2;
const TIMEOUT_MS = 60_000;

interface Setting {
  readonly label: string;
  readonly name: ContestantName;
  readonly offer: 'offer' | 'none';
}

const SETTINGS: readonly Setting[] = [
  { label: 'this product, plain', name: 'product', offer: 'none' },
  { label: 'this product, compressed', name: 'product', offer: 'offer' },
  { label: 'ws, plain', name: 'ws', offer: 'none' },
  { label: 'ws, permessage-deflate', name: 'deflate', offer: 'offer' },
];

interface Run extends InflatingFigures {
  readonly bytesPerDelivery: number;
  readonly cpuPerMillion: number | null;
  readonly residentMiB: number;
}

/** Bytes on the wire and CPU of the server, with clients that inflate and check every message. */
export async function benchCompression(
  { clients, seconds }: FanOutCommand,
  workshop: Workshop,
  around: Surroundings,
): Promise<Report> {
  const runs = new Map<string, Run>();
  await withGround(async (ground) => {
    for (const setting of SETTINGS) {
      around.say(`fanout: ${setting.label}`);
      runs.set(setting.label, await measure(workshop, ground, setting, clients, seconds));
    }
  });
  const [plain, ours, , theirs] = SETTINGS.map(({ label }) => runs.get(label));
  const ratio = (a: number | null | undefined, b: number | null | undefined) => (a == null || !b ? null : a / b);
  const targets: readonly Target[] = [
    {
      name: 'bytes, of plain',
      value: ratio(ours?.bytesPerDelivery, plain?.bytesPerDelivery),
      bound: { atMost: 0.36 },
      unit: ' ×',
    },
    {
      name: 'CPU, of ws with permessage-deflate',
      value: ratio(ours?.cpuPerMillion, theirs?.cpuPerMillion),
      bound: { atMost: 0.125 },
      unit: ' ×',
    },
  ];
  return {
    title: `Compression, ${clients} clients, ${RATE} messages/s for ${seconds} s`,
    columns: ['server', 'deliveries', 'bytes each', 'CPU s/M', 'MiB', 'wrong'],
    rows: [...runs].map(([label, run]) => [
      label,
      run.deliveries,
      Math.round(run.bytesPerDelivery),
      run.cpuPerMillion,
      Math.round(run.residentMiB),
      run.wrong,
    ]),
    notes: [
      'bytes with everything around the messages; wrong: out of order, missing, or a connection lost',
      ...targets.map(describeTarget),
    ],
    figures: { clients, seconds, rate: RATE, targets, runs: Object.fromEntries(runs) },
  };
}

async function measure(
  workshop: Workshop,
  ground: Ground,
  { name, offer }: Setting,
  clients: number,
  seconds: number,
): Promise<Run> {
  const contestant = await startContestant(workshop, ground, name, { WS_COMPRESSION: 'true' });
  const { pid } = contestant.process;
  const readers = await startWorker(workshop, 'inflating-clients', [contestant.url, clients, offer]);
  const ask = async (id: number, order: InflatingOrder): Promise<InflatingFigures> => {
    readers.send({ id, order });
    const line = await readers.line(new RegExp(`^answer ${id} `), TIMEOUT_MS);
    return JSON.parse(line.slice(`answer ${id} `.length));
  };
  try {
    await readers.line(/^ready$/, TIMEOUT_MS);
    const pace = { rate: RATE, seconds: WARMUP_SECONDS + seconds };
    const publisher = await startPublisher(workshop, ground, contestant, pace);
    await delay(WARMUP_SECONDS * 1_000);
    await ask(1, 'measure');
    const before = cpuSeconds(pid);
    await delay(seconds * 1_000);
    const figures = await ask(2, 'read');
    const after = cpuSeconds(pid);
    const resident = residentMiB(pid);
    await untilPublished(publisher, pace.seconds);
    await publisher.stop();
    return {
      ...figures,
      bytesPerDelivery: figures.bytes / figures.deliveries,
      cpuPerMillion: before === null || after === null ? null : ((after - before) / figures.deliveries) * 1e6,
      residentMiB: resident,
    };
  } finally {
    await readers.stop();
    await contestant.stop();
  }
}
