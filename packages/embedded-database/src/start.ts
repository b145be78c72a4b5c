import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { lockDirectory } from './directory-lock.ts';
import { EmbeddedDatabaseError } from './errors.ts';

export interface EmbeddedDatabaseOptions {
  /** Where the data lives; created when missing, and only ever opened by one process. Null = in memory, gone on stop. */
  readonly directory: string | null;
  /** `creating` (first start, about 1–5 s), `opening`, `ready`. */
  readonly onProgress?: (phase: 'creating' | 'opening' | 'ready') => void;
  /** The database stopped by itself after it was ready; every later query fails. The process should end. */
  readonly onCrash?: (error: EmbeddedDatabaseError) => void;
}

export interface EmbeddedDatabase {
  /** A PostgreSQL URL, valid on this machine for this user until `stop()`. */
  readonly url: string;
  /** Ends open connections, writes everything down and frees the directory. Calling it again does nothing. */
  stop(): Promise<void>;
}

const SOCKET_DIRECTORY_PREFIX = 'dms-';
const STOP_TIMEOUT_MS = 10_000;
// Beside both src and dist, so that the same path works in a checkout and in a build.
const WORKER_PATH = fileURLToPath(new URL('../worker/main.mjs', import.meta.url));

/** Starts PostgreSQL (PGlite, WebAssembly) in a worker thread and serves it on a private socket. It has one backend:
 *  statements of all connections run one after another and share one session, so no session locks and no settings to lean
 *  on. Every commit survives the death of the process (kill -9), but not a power cut: it never calls fsync.
 *  @throws DirectoryInUseError when another process holds the directory, EmbeddedDatabaseError when it cannot start. */
export async function startEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const { directory } = options;
  const socketDirectory = await mkdtemp(join(tmpdir(), SOCKET_DIRECTORY_PREFIX));
  const cleanups = [() => rm(socketDirectory, { recursive: true, force: true })];
  const cleanUp = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  try {
    if (directory !== null) {
      cleanups.push(await lock(directory, socketDirectory));
      cleanups.push(await replaceSocketDirectory(directory, socketDirectory));
    }
    const isWindows = process.platform === 'win32';
    const address = isWindows ? { host: '127.0.0.1', port: 0 } : { path: join(socketDirectory, '.s.PGSQL.5432') };
    const worker = await startWorker(directory, address, options);
    options.onProgress?.('ready');
    const host = isWindows
      ? `127.0.0.1:${worker.port}/postgres?`
      : `localhost/postgres?host=${encodeURIComponent(socketDirectory)}&`;
    let stopped: Promise<void> | undefined;
    return {
      url: `postgresql://postgres@${host}sslmode=disable`,
      stop: () => {
        stopped ??= worker.stop().finally(cleanUp);
        return stopped;
      },
    };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

async function lock(directory: string, socketDirectory: string) {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const shortPath = join(socketDirectory, 'd');
  if (process.platform !== 'win32') await symlink(await realpath(directory), shortPath);
  return lockDirectory(directory, shortPath);
}

/** Notes our socket directory beside the data and removes the one that a killed predecessor could not remove. */
async function replaceSocketDirectory(directory: string, socketDirectory: string) {
  const note = join(directory, 'socket-directory');
  const previous = await readFile(note, 'utf8').catch(() => '');
  const isOurs = dirname(previous) === tmpdir() && basename(previous).startsWith(SOCKET_DIRECTORY_PREFIX);
  if (isOurs) await rm(previous, { recursive: true, force: true });
  await writeFile(note, socketDirectory);
  return () => rm(note, { force: true });
}

async function startWorker(directory: string | null, address: object, options: EmbeddedDatabaseOptions) {
  // The parent's loaders (tsx, jest) are of no use there and would slow the start down.
  const worker = new Worker(WORKER_PATH, { workerData: { directory, address }, execArgv: [] });
  let state: 'starting' | 'ready' | 'stopping' = 'starting';
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const port = await new Promise<number | null>((resolve, reject) => {
    const fail = (reason: string) => {
      if (state === 'starting') reject(new EmbeddedDatabaseError(reason));
      if (state === 'ready') options.onCrash?.(new EmbeddedDatabaseError(reason));
      state = 'stopping';
    };
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'progress') options.onProgress?.(message.phase);
      if (message.type === 'crashed') fail(message.reason);
      if (message.type !== 'ready') return;
      state = 'ready';
      resolve(message.port);
    });
    worker.once('error', (error) => fail(error.message));
    worker.once('exit', (code) => fail(`its worker ended with code ${code}`));
  });
  return {
    port,
    async stop() {
      state = 'stopping';
      worker.postMessage('stop');
      const timer = setTimeout(() => void worker.terminate(), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

type WorkerMessage =
  | { readonly type: 'progress'; readonly phase: 'creating' | 'opening' }
  | { readonly type: 'ready'; readonly port: number | null }
  | { readonly type: 'crashed'; readonly reason: string }
  | { readonly type: 'stopped' };
