import { existsSync } from 'node:fs';
import { type FileHandle, open, rename, truncate } from 'node:fs/promises';
import { UsageError } from '../usage-error.ts';
import type { ExportCommand } from './export-command.ts';

/** Where an export goes. Only whole lines of NDJSON are written, so that the last one says where to go on. */
export interface ExportTarget {
  /** What an earlier run wrote already. */
  readonly messages: number;
  readonly lastId: string | null;
  write(bytes: Uint8Array): Promise<void>;
  /** Starts over: what was written cannot be continued. */
  restart(): Promise<void>;
  /** The export is complete. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

const READ_BYTES = 1_048_576;
const NEWLINE = 10;

/** @throws UsageError when the file is there and may not be replaced. */
export async function openTarget(command: ExportCommand, write: (bytes: Uint8Array) => Promise<void>) {
  const { file } = command;
  if (file === undefined) return standardOutput(write);
  if (existsSync(file) && !command.isOverwriting)
    throw new UsageError(`${file} is there already: --overwrite replaces it`);
  return openFile(file, command.format === 'ndjson');
}

function standardOutput(write: (bytes: Uint8Array) => Promise<void>): ExportTarget {
  const nothing = async (): Promise<void> => {};
  const restart = async (): Promise<void> => {
    throw new Error('what was printed cannot be taken back');
  };
  return { messages: 0, lastId: null, write, restart, finish: nothing, close: nothing };
}

async function openFile(file: string, isContinued: boolean): Promise<ExportTarget> {
  const part = `${file}.part`;
  const handle = await open(part, existsSync(part) && isContinued ? 'r+' : 'w+');
  const { messages, lastId, size } = await readPart(handle);
  await truncate(part, size);
  let position = size;
  return {
    messages,
    lastId,
    async write(bytes) {
      await handle.write(bytes, 0, bytes.length, position);
      position += bytes.length;
    },
    async restart() {
      await handle.truncate(0);
      position = 0;
    },
    async finish() {
      await handle.sync();
      await rename(part, file);
    },
    close: () => handle.close(),
  };
}

/** Counts the whole lines and finds the id in the last one; what comes behind it was cut off while being written. */
async function readPart(handle: FileHandle) {
  const buffer = Buffer.alloc(READ_BYTES);
  let messages = 0;
  let size = 0;
  let line: Buffer[] = [];
  let last: string | null = null;
  for (let at = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, at);
    if (bytesRead === 0) break;
    let start = 0;
    for (let end = buffer.indexOf(NEWLINE); end !== -1 && end < bytesRead; end = buffer.indexOf(NEWLINE, start)) {
      line.push(Buffer.from(buffer.subarray(start, end)));
      last = Buffer.concat(line).toString();
      line = [];
      messages += 1;
      start = end + 1;
      size = at + start;
    }
    line.push(Buffer.from(buffer.subarray(start, bytesRead)));
    at += bytesRead;
  }
  return { messages, lastId: last === null ? null : idIn(last), size };
}

/** The id of the message in a line of NDJSON. @throws SyntaxError when it is none: then the file is not ours. */
export function idIn(line: string): string {
  const message: unknown = JSON.parse(line);
  if (typeof message === 'object' && message !== null && 'id' in message) return String(message.id);
  throw new SyntaxError('a line of the file is no message');
}
