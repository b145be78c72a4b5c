import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The gateway's own code, as one walk uses it. */
export interface GatewayCode {
  readonly createFeed: typeof import('../../src/feed/feed.ts').createFeed;
  readonly attach: typeof import('../../src/feed/attach.ts').attach;
  readonly createHub: typeof import('../../src/fan-out/hub.ts').createHub;
  readonly createLogPages: typeof import('../../src/feed/log-pages.ts').createLogPages;
  readonly sendPosition: typeof import('../../src/fan-out/connection.ts').sendPosition;
  readonly receiveFrame: typeof import('../../src/websocket/session.ts').receiveFrame;
}

/** One exact replacement in a source file. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const GATEWAY_SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));
const EVENT_LOG_SOURCE = fileURLToPath(new URL('../../../../packages/event-log/src/', import.meta.url));
/** Where each copied file of the gateway lies; the copy keeps the folders, so that relative imports hold. */
const GATEWAY_FOLDERS: ReadonlyMap<string, string> = new Map([
  ...['attach', 'feed', 'log-pages', 'ring'].map((file) => [file, 'feed'] as const),
  ...[
    'catch-up',
    'compressed-logs',
    'connection',
    'filter-index',
    'framing',
    'hub',
    'liveness',
    'rotation',
    'shared-log',
    'tenure',
  ].map((file) => [file, 'fan-out'] as const),
  ...['session', 'websocket-door', 'websocket-framing'].map((file) => [file, 'websocket'] as const),
  ...['problem', 'request-id'].map((file) => [file, 'http'] as const),
]);
/** Needs real sockets; only its text is looked at. */
const NOT_COPIED = 'websocket-door';
const EVENT_LOG_FILES = ['payload', 'reduce', 'reduce-directory', 'reduce-gaps', 'reduce-marks', 'reduction', 'tally'];

/** Bounds so small that a walk of a dozen events crosses every one of them. */
export const SMALL_BOUNDS: readonly Edit[] = [
  { file: 'feed', from: 'const SYNC_PAGE_EVENTS = 512;', to: 'const SYNC_PAGE_EVENTS = 2;' },
  { file: 'feed', from: 'const MAX_BUFFERED_HINTS = 4_096;', to: 'const MAX_BUFFERED_HINTS = 2;' },
  { file: 'log-pages', from: 'const MAX_CONCURRENT_READS = 4;', to: 'const MAX_CONCURRENT_READS = 1;' },
  { file: 'log-pages', from: 'const BLOCK_EVENTS = 500;', to: 'const BLOCK_EVENTS = 2;' },
  { file: 'catch-up', from: 'maxEvents: 512, maxBytes: 64 * 1024', to: 'maxEvents: 2, maxBytes: 64 * 1024' },
  { file: 'catch-up', from: 'maxEvents: 1_000, maxBytes: 64 * 1024', to: 'maxEvents: 2, maxBytes: 64 * 1024' },
  { file: 'hub', from: 'const MAX_SHARED_BYTES = 64 * 1024 * 1024;', to: 'const MAX_SHARED_BYTES = 1_600;' },
  { file: 'hub', from: 'const MIN_LOG_BYTES = 16 * 1024;', to: 'const MIN_LOG_BYTES = 400;' },
  { file: 'compressed-logs', from: 'START_OVER_EVERY_MS = 200;', to: 'START_OVER_EVERY_MS = 0;' },
  { file: 'shared-log', from: 'const FIRST_SEGMENT_BYTES = 4 * 1024;', to: 'const FIRST_SEGMENT_BYTES = 300;' },
  { file: 'shared-log', from: 'const MAX_SEGMENT_BYTES = 1024 * 1024;', to: 'const MAX_SEGMENT_BYTES = 600;' },
];

/** Applies the edits of one file. @throws when a text to replace is not there exactly once: the mutant no longer fits. */
export function edited(file: string, source: string, edits: readonly Edit[]): string {
  return edits
    .filter((edit) => edit.file === file)
    .reduce((text, { from, to }) => {
      const parts = text.split(from);
      if (parts.length !== 2) throw new Error(`${file}.ts has ${parts.length - 1} times: ${from}`);
      return parts.join(to);
    }, source);
}

/** Reads a source file of the gateway or the event log, for mutants that only bind themselves to its text. */
export async function assertText(file: string, text: string): Promise<void> {
  const folder = GATEWAY_FOLDERS.get(file);
  const path = folder === undefined ? EVENT_LOG_SOURCE : `${GATEWAY_SOURCE}${folder}/`;
  const source = await readFile(`${path}${file.replace('event-log/', '')}.ts`, 'utf8');
  if (!source.includes(text)) throw new Error(`${file}.ts no longer has: ${text}`);
}

export interface LoadedCode {
  readonly gateway: GatewayCode;
  readonly reduce: typeof import('../../../../packages/event-log/src/reduce.ts').reduce;
}

/** Imports a copy of the sources with the edits applied. The copy lies beside this file, so that imports resolve as they do in
 *  the original, and is gone afterwards. */
export async function loadEditedCode(id: string, edits: readonly Edit[]): Promise<LoadedCode> {
  const unknown = edits.find(({ file }) => !GATEWAY_FOLDERS.has(file) && !EVENT_LOG_FILES.includes(file));
  if (unknown !== undefined) throw new Error(`${unknown.file}.ts is not among the copied files`);
  const directory = fileURLToPath(new URL(`./.mutants-${id}-${process.pid}/`, import.meta.url));
  await mkdir(directory, { recursive: true });
  try {
    const copy = async (from: string, to: string, file: string): Promise<void> => {
      await mkdir(to, { recursive: true });
      await writeFile(`${to}${file}.ts`, edited(file, await readFile(`${from}${file}.ts`, 'utf8'), edits));
    };
    for (const [file, folder] of GATEWAY_FOLDERS) {
      if (file !== NOT_COPIED) await copy(`${GATEWAY_SOURCE}${folder}/`, `${directory}${folder}/`, file);
    }
    for (const file of EVENT_LOG_FILES) await copy(EVENT_LOG_SOURCE, directory, file);
    return await importFrom(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function importFrom(directory: string): Promise<LoadedCode> {
  const feed: typeof import('../../src/feed/feed.ts') = await import(`${directory}feed/feed.ts`);
  const attach: typeof import('../../src/feed/attach.ts') = await import(`${directory}feed/attach.ts`);
  const hub: typeof import('../../src/fan-out/hub.ts') = await import(`${directory}fan-out/hub.ts`);
  const pages: typeof import('../../src/feed/log-pages.ts') = await import(`${directory}feed/log-pages.ts`);
  const connection: typeof import('../../src/fan-out/connection.ts') = await import(
    `${directory}fan-out/connection.ts`
  );
  const session: typeof import('../../src/websocket/session.ts') = await import(`${directory}websocket/session.ts`);
  const reduce: typeof import('../../../../packages/event-log/src/reduce.ts') = await import(`${directory}reduce.ts`);
  const gateway = {
    createFeed: feed.createFeed,
    attach: attach.attach,
    createHub: hub.createHub,
    createLogPages: pages.createLogPages,
    sendPosition: connection.sendPosition,
    receiveFrame: session.receiveFrame,
  };
  return { gateway, reduce: reduce.reduce };
}
