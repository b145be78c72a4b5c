import { setTimeout as sleep } from 'node:timers/promises';
import { parseTime } from '@dms/protocol';
import { backoffMs } from '../../index.ts';
import type { Output } from '../output.ts';
import type { ExportCommand } from './export-command.ts';
import { type ExportTarget, idIn, openTarget } from './export-file.ts';
import { createProgress, type ExportProgress } from './export-progress.ts';
import { ExportFailedError, fetchExport } from './fetch-export.ts';

const MAX_FAILURES = 8;
const PROGRESS_INTERVAL_MS = 500;
const NEWLINE = 10;
const EXIT_UNAVAILABLE = 69;

/** Writes the export and returns the exit code. @throws UsageError */
export async function runExport(command: ExportCommand, key: string | null, output: Output): Promise<number> {
  const target = await openTarget(command, output.bytes);
  const untilMs = (command.before === undefined ? null : parseTime(command.before)) ?? Date.now();
  const progress = createProgress(Date.now(), untilMs);
  const ticker = setInterval(() => output.progress(progress.describe(Date.now())), PROGRESS_INTERVAL_MS);
  if (target.messages > 0) output.note(`going on after the ${target.messages} messages of ${command.file}.part`);
  try {
    await exportAll(command, key, target, progress, output);
    await target.finish();
    output.progress('');
    output.note(
      `${progress.describe(Date.now()).replace(/ · [^·]+ %$/, '')}${command.file === undefined ? '' : ` → ${command.file}`}`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof ExportFailedError)) throw error;
    output.progress('');
    output.note(`${error.isFinal ? 'refused' : 'given up'}: ${error.message}`);
    if (!error.isFinal && command.file !== undefined && command.format === 'ndjson') {
      output.note('the same command goes on with what is written');
    }
    return error.isFinal ? 1 : EXIT_UNAVAILABLE;
  } finally {
    clearInterval(ticker);
    await target.close();
  }
}

/** Goes on after the last whole message as long as there is some progress now and then. */
async function exportAll(
  command: ExportCommand,
  key: string | null,
  target: ExportTarget,
  progress: ExportProgress,
  output: Output,
): Promise<void> {
  let lastId = target.lastId;
  for (let failures = 0; ; ) {
    const before = lastId;
    try {
      for await (const part of wholeLines(command, fetchExport(command, lastId ?? command.after, key))) {
        await target.write(part.bytes);
        lastId = part.lastId ?? lastId;
        progress.add(part.messages, part.bytes.length, part.lastId);
      }
      return;
    } catch (error) {
      if (!(error instanceof ExportFailedError) || error.isFinal) throw error;
      failures = lastId === before ? failures + 1 : 1;
      if (failures >= MAX_FAILURES) throw error;
      // Only lines can be gone on with; the rest starts over.
      if (command.format !== 'ndjson') await target.restart();
      const retryInMs = backoffMs(failures, Math.random());
      output.note(`interrupted (${error.message}); going on in ${(retryInMs / 1_000).toFixed(1)} s`);
      await sleep(retryInMs);
    }
  }
}

interface Part {
  readonly bytes: Uint8Array;
  readonly messages: number;
  readonly lastId: string | null;
}

/** Of NDJSON only what ends a line; other formats as they come. */
async function* wholeLines(
  { format }: ExportCommand,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Part, void, undefined> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (format !== 'ndjson') {
      yield { bytes: chunk, messages: 0, lastId: null };
      continue;
    }
    const bytes = Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    rest = bytes.subarray(end);
    if (end === 0) continue;
    const lines = bytes.subarray(0, end);
    const lastLine = lines.subarray(lines.lastIndexOf(NEWLINE, end - 2) + 1);
    yield { bytes: lines, messages: countLines(lines), lastId: idIn(lastLine.toString()) };
  }
}

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
