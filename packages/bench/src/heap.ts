import { join } from 'node:path';
import { startPostgres, startRedis } from '@dms/test-kit/servers';
import type { Command } from './command-line.ts';
import { runHeap } from './heap-run.ts';
import type { Workshop } from './processes.ts';
import type { Report } from './report.ts';
import { writeScriptParts } from './script-file.ts';
import type { Surroundings } from './surroundings.ts';
import { describeTarget } from './targets.ts';

type HeapCommand = Extract<Command, { name: 'heap' }>;

const SAMPLE_EVERY = 10_000;
const SCRIPT_WAIT_MS = 3_000;
const MIB = 2 ** 20;
/** The ingester remembers the newest 20,000 members; then it is full, and what it holds of states has been full before. */
const MEMBERS_REMEMBERED = 20_000;
/** 1 MiB in 50,000 messages: less is the noise of what happens to be queued. */
export const MAX_BYTES_PER_MESSAGE = 20;

/** After how many messages as many authors have written as the ingester remembers, and a tenth more. */
export const settledAfter = (messages: number, authors: number): number =>
  Math.round(((MEMBERS_REMEMBERED * messages) / authors) * 1.1);

/** Whether the ingester's heap stays flat, however many messages of however many authors it stores. */
export async function benchHeap(command: HeapCommand, workshop: Workshop, around: Surroundings): Promise<Report> {
  const { messages, authors } = command;
  const script = join(around.directory, 'heap.ndjson');
  await writeScriptParts(script, [{ waitMs: SCRIPT_WAIT_MS, messages }], { authors });
  const postgres = await startPostgres();
  const redis = await startRedis();
  try {
    const servers = { databaseUrl: await postgres.createDatabase(), redisUrl: redis.url };
    const settled = settledAfter(messages, authors);
    const plan = { script, messages, sampleEvery: SAMPLE_EVERY, settledAfter: settled, say: around.say };
    const run = await runHeap(workshop, { ...plan, ...servers });
    const shown = run.samples.filter((_, index) => (index + 1) % Math.ceil(run.samples.length / 10) === 0);
    const growth = { name: 'growth a message', value: run.bytesPerMessage, unit: ' bytes' };
    return {
      title: `Live heap of the ingester, ${messages} messages of ${authors} authors`,
      columns: ['messages', 'live heap, MiB'],
      rows: shown.map(({ x, y }) => [x, y / MIB]),
      notes: [
        `after a full collection every 10,000 messages; growth: least squares from ${settled} messages on`,
        describeTarget({ ...growth, bound: { atMost: MAX_BYTES_PER_MESSAGE } }),
      ],
      figures: { messages, authors, ...run },
    };
  } finally {
    await postgres.stop();
    await redis.stop();
  }
}
