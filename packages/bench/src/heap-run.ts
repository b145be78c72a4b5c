import { setTimeout as delay } from 'node:timers/promises';
import { INSPECTED, INSPECTOR_LINE, type InspectedMemory, inspectMemory } from '@dms/test-kit/servers';
import { freePort, startProgram, startSimulator, type Workshop } from './processes.ts';
import { type Point, slopeOf } from './slope.ts';
import { readSample } from './targets.ts';
import { migrateDatabase, SETTINGS } from './throughput-run.ts';

const INSPECTOR_TIMEOUT_MS = 30_000;

export interface HeapPlan {
  readonly script: string;
  readonly messages: number;
  /** Empty. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** What holds the newest of something is full by then, and the heap must not grow any more. */
  readonly settledAfter: number;
  /** Messages between two looks. What is remembered of recent messages halves itself every 10,000: many looks even that out. */
  readonly sampleEvery: number;
  readonly say: (text: string) => void;
}

export interface HeapRun {
  /** x: messages committed, y: live bytes. */
  readonly samples: readonly Point[];
  /** Growth from `settledAfter` on; null for fewer than two samples. */
  readonly bytesPerMessage: number | null;
  readonly seconds: number;
}

const POLL_MS = 20;
const IDLE_MS = 60_000;
const TOKEN = 'bench.bot.token';

/** Lets the ingester store a script as fast as it can, and looks at its heap every so often. */
export async function runHeap(workshop: Workshop, plan: HeapPlan): Promise<HeapRun> {
  const { databaseUrl, redisUrl, messages } = plan;
  await migrateDatabase(workshop, databaseUrl);
  const metricsPort = await freePort();
  const simulator = await startSimulator(workshop, plan.script, 0);
  const env = {
    ...{ ...SETTINGS, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, METRICS_PORT: String(metricsPort) },
    ...{ DISCORD_TOKEN: TOKEN, DISCORD_API_URL: simulator.apiUrl },
  };
  const ingester = await startProgram(workshop, 'services/ingester', 'main', { env, nodeArgs: INSPECTED });
  try {
    const heap = await inspectMemory(await ingester.line(INSPECTOR_LINE, INSPECTOR_TIMEOUT_MS));
    const startedMs = performance.now();
    const committed = async (): Promise<number> => {
      const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      return readSample(text, 'dms_ingester_committed_events_total') ?? 0;
    };
    const samples = await Promise.race([takeSamples(heap, committed, plan), ingester.died]);
    heap.close();
    const settled = samples.filter(({ x }) => x >= plan.settledAfter);
    const seconds = (performance.now() - startedMs) / 1_000;
    return { samples, bytesPerMessage: slopeOf(settled), seconds };
  } finally {
    await ingester.stop();
    await simulator.process.stop();
    plan.say(`heap: ${messages} messages are stored`);
  }
}

async function takeSamples(
  heap: InspectedMemory,
  committed: () => Promise<number>,
  { messages, sampleEvery, say }: HeapPlan,
): Promise<readonly Point[]> {
  const samples: Point[] = [];
  let seen = 0;
  let seenAtMs = performance.now();
  for (let next = sampleEvery; next <= messages; ) {
    const count = await committed().catch(() => seen);
    if (count !== seen) seenAtMs = performance.now();
    seen = count;
    if (performance.now() - seenAtMs > IDLE_MS) throw new Error(`nothing was committed for 60 s after ${count}`);
    if (count < next) {
      await delay(POLL_MS);
      continue;
    }
    const y = await heap.liveBytes();
    samples.push({ x: count, y });
    if (samples.length % 10 === 0) say(`heap: ${count} messages, ${(y / 2 ** 20).toFixed(1)} MiB`);
    next += sampleEvery;
  }
  return samples;
}
