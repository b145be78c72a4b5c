import { join } from 'node:path';
import type { Command } from './command-line.ts';
import { freePort, startProgram, untilReady, type Workshop } from './processes.ts';
import type { Report } from './report.ts';
import type { Surroundings } from './surroundings.ts';

type StartCommand = Extract<Command, { name: 'start' }>;

/** From the command to readiness of `pnpm start` with the simulator, on an empty and on a filled data directory. */
export async function benchStart({ runs }: StartCommand, workshop: Workshop, around: Surroundings): Promise<Report> {
  const cold: number[] = [];
  const warm: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    around.say(`start: run ${run + 1} of ${runs}`);
    const directory = join(around.directory, `start-${run}`);
    cold.push(await startOnce(workshop, directory));
    warm.push(await startOnce(workshop, directory));
  }
  const figures = { cold: summarise(cold), warm: summarise(warm) };
  return {
    title: `Standalone start to /health/ready, seconds, ${runs} runs, ${workshop.build === 'dist' ? 'built' : 'from source'}`,
    columns: ['start', 'min', 'median', 'max'],
    rows: Object.entries(figures).map(([name, { min, median, max }]) => [name, min, median, max]),
    notes: ['cold: empty DATA_DIR, the database is created; warm: the same directory again'],
    figures: { runs, build: workshop.build, ...figures },
  };
}

async function startOnce(workshop: Workshop, directory: string): Promise<number> {
  const port = await freePort();
  const env = { PORT: String(port), DATA_DIR: directory, ENVIRONMENT: 'production', LOG_LEVEL: 'warn' };
  const startedMs = performance.now();
  const standalone = await startProgram(workshop, 'services/standalone', 'main', { env });
  await untilReady(standalone, port);
  const seconds = (performance.now() - startedMs) / 1_000;
  await standalone.stop();
  return seconds;
}

function summarise(seconds: readonly number[]): {
  readonly min: number;
  readonly median: number;
  readonly max: number;
} {
  const sorted = [...seconds].sort((a, b) => a - b).map((value) => Number(value.toFixed(2)));
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return { min: at(0), median: at(Math.floor((sorted.length - 1) / 2)), max: at(sorted.length - 1) };
}
