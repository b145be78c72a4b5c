import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { baseEnvironment, killChildren } from './child.ts';
import { type Command, parseCommand, USAGE, UsageError } from './command-line.ts';
import { benchFanOut } from './fan-out/fan-out.ts';
import { benchHeap } from './heap.ts';
import { benchHistory } from './history.ts';
import { benchIngest } from './ingest.ts';
import { benchLatency } from './latency.ts';
import { countLines } from './lines.ts';
import type { Workshop } from './processes.ts';
import { loadNow, printReport, type Report } from './report.ts';
import { benchStart } from './start.ts';
import type { Surroundings } from './surroundings.ts';
import { benchThroughput } from './throughput.ts';

const EXIT_USAGE = 2;
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const say = (text: string): void => void process.stdout.write(text);
const complain = (text: string): void => void process.stderr.write(`${text}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  const command = parseCommand(process.argv.slice(2));
  if (command.name === 'help') say(USAGE);
  else await bench(command);
  process.exit(0);
} catch (error) {
  complain(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(error instanceof UsageError ? EXIT_USAGE : 1);
}

async function bench(command: Exclude<Command, { name: 'help' }>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'dms-bench-'));
  // However this process ends, it leaves nothing behind.
  process.on('exit', () => {
    killChildren();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = process.env;
  const loadBefore = loadNow();
  const report = await run(command, { directory, databaseUrl, redisUrl, say: complain });
  printReport(report, `pnpm bench ${process.argv.slice(2).join(' ')}`, loadBefore, say);
}

async function run(command: Exclude<Command, { name: 'help' }>, around: Surroundings): Promise<Report> {
  if (command.name === 'lines') return countLines(ROOT);
  const workshop: Workshop = { root: ROOT, build: command.build, env: baseEnvironment(process.env) };
  if (command.name === 'start') return await benchStart(command, workshop, around);
  if (command.name === 'heap') return await benchHeap(command, workshop, around);
  if (command.name === 'fanout') return await benchFanOut(command, workshop, around);
  if (command.name === 'history') return await benchHistory(command, workshop, around);
  if (command.name === 'throughput') return await benchThroughput(command, workshop, around);
  if (command.name === 'ingest') return await benchIngest(command, workshop, around);
  return await benchLatency(command, workshop, around);
}
