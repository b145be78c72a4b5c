import { join } from 'node:path';
import type { Command, Form } from './command-line.ts';
import { readCpu, spentCpu } from './cpu.ts';
import { type DeliveryRun, doubtsAbout, runDelivery } from './delivery-run.ts';
import { startSimulator, startWorker, type Workshop } from './processes.ts';
import { startProduct } from './product.ts';
import type { Cell, Report } from './report.ts';
import { writeScript } from './script-file.ts';
import type { Surroundings } from './surroundings.ts';

type IngestCommand = Extract<Command, { name: 'ingest' }>;

/** Time for the reader to connect before the script begins. */
const SCRIPT_WAIT_MS = 6_000;
const TIMEOUT_MS = 300_000;

interface IngestFigures {
  readonly messagesPerSecond: number;
  readonly seconds: number;
  readonly cpu: Readonly<Record<string, number | null>>;
}

/** How fast messages become durable and reach a reader, beside how fast Discord's socket can be read at all. */
export async function benchIngest(command: IngestCommand, workshop: Workshop, around: Surroundings): Promise<Report> {
  const { messages, forms } = command;
  around.say('ingest: floor');
  const script = join(around.directory, 'ingest.ndjson');
  await writeScript(script, messages, SCRIPT_WAIT_MS);
  const floor = await readFloor(workshop, script, messages);
  const runs = new Map<string, IngestFigures>([['bare ws reader (floor)', floor]]);
  const notes: string[] = [];
  for (const form of forms) {
    around.say(`ingest: ${form}`);
    const run = await ingestOnce(form, workshop, { script, messages }, around);
    notes.push(...doubtsAbout(form, run, messages));
    runs.set(form, { messagesPerSecond: perSecond(messages, run.seconds), seconds: run.seconds, cpu: run.cpu });
  }
  return {
    title: `Ingest of ${messages} messages at the simulator's full speed, ${workshop.build === 'dist' ? 'built' : 'from source'}`,
    columns: ['what', 'messages/s', 'of floor', 'seconds', 'CPU s (simulator included)', 'CPU by process'],
    rows: [...runs].map(([name, run]) => rowOf(name, run, floor)),
    notes: [
      'messages/s: from the first to the last MESSAGE_CREATE at a WebSocket reader, each committed and published before',
      ...notes,
    ],
    figures: { messages, build: workshop.build, ...Object.fromEntries(runs) },
  };
}

function rowOf(
  name: string,
  { messagesPerSecond, seconds, cpu }: IngestFigures,
  floor: IngestFigures,
): readonly Cell[] {
  const known = Object.values(cpu).map((value) => value ?? 0);
  const share = `${((messagesPerSecond / floor.messagesPerSecond) * 100).toFixed(0)} %`;
  const total = known.reduce((sum, value) => sum + value, 0);
  const byProcess = Object.entries(cpu).map(([process, value]) => `${process} ${value ?? '–'}`);
  return [name, messagesPerSecond, share, seconds, total, byProcess.join(', ')];
}

const perSecond = (messages: number, seconds: number): number => Math.round((messages - 1) / seconds);

async function readFloor(workshop: Workshop, script: string, messages: number): Promise<IngestFigures> {
  const simulator = await startSimulator(workshop, script, 0);
  const reader = await startWorker(workshop, 'bare-reader', [simulator.apiUrl, messages]);
  await reader.line(/^ready$/, SCRIPT_WAIT_MS);
  const processes = [
    { name: 'simulator', pid: simulator.process.pid },
    { name: 'reader', pid: reader.pid },
  ];
  await reader.line(/^first$/, TIMEOUT_MS);
  const before = readCpu(processes);
  const line = await reader.line(/^done /, TIMEOUT_MS);
  const cpu = spentCpu(before, readCpu(processes));
  await reader.stop();
  await simulator.process.stop();
  const { seconds }: { readonly seconds: number } = JSON.parse(line.slice(5));
  return { messagesPerSecond: perSecond(messages, seconds), seconds, cpu };
}

/** One run of the product; what its reader got, and when. What is sent within `warmupMs` of the first message is not measured. */
export async function ingestOnce(
  form: Form,
  workshop: Workshop,
  {
    script,
    messages,
    warmupMs = 0,
  }: { readonly script: string; readonly messages: number; readonly warmupMs?: number },
  { directory, databaseUrl, redisUrl }: Surroundings,
): Promise<DeliveryRun> {
  const simulator = await startSimulator(workshop, script, 0);
  const product = await startProduct(workshop, { form, apiUrl: simulator.apiUrl, directory, databaseUrl, redisUrl });
  try {
    return await runDelivery(workshop, {
      streamUrl: product.streamUrl,
      clients: 1,
      messages,
      warmupMs,
      processes: [{ name: 'simulator', pid: simulator.process.pid }, ...product.processes],
      timeoutMs: TIMEOUT_MS,
    });
  } finally {
    await product.stop();
    await simulator.process.stop();
  }
}
