import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, realpath, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DirectoryInUseError } from './errors.ts';

/** Releases the lock; the next process can take it at once. */
export type ReleaseLock = () => Promise<void>;

const LOCK_PREFIX = 'lock-';
const RETRY_INTERVAL_MS = 20;
/** Contenders settle within milliseconds; on a machine that is choking, within this. */
const MAX_CONTENTION_MS = 20_000;
/** A stopped holder accepts (the kernel does) but never answers. */
const PROBE_TIMEOUT_MS = 1_000;

type Found = { readonly role: 'none' } | { readonly role: 'contender' | 'holder'; readonly pid: number | null };

/** Takes the exclusive right to `directory`, or throws DirectoryInUseError.
 *
 *  A lock is a listening unix socket inside the directory: the kernel ends it with its process, so nothing goes stale, no
 *  pid is ever compared, and containers that share the directory see each other. Each contender first listens on a socket
 *  of its own and then looks for others, so of two contenders at least the later one finds the other, and both can never
 *  win. Of contenders that see each other the greater name steps back and the smaller one waits until it has.
 *  `shortPath` is a short alias of the directory, because socket paths end at 107 bytes. */
export async function lockDirectory(directory: string, shortPath: string): Promise<ReleaseLock> {
  if (process.platform === 'win32') return lockByNamedPipe(directory);
  const name = LOCK_PREFIX + randomBytes(6).toString('hex');
  const deadline = performance.now() + MAX_CONTENTION_MS;
  let lock = await listen(join(shortPath, name));
  for (;;) {
    const others = (await readdir(directory)).filter((entry) => entry.startsWith(LOCK_PREFIX) && entry !== name);
    const found = await Promise.all(others.map((other) => probe(join(shortPath, other))));
    const contenders = others.filter((_, index) => found[index]?.role === 'contender');
    const holder = found.find(({ role }) => role === 'holder');
    if (holder !== undefined || performance.now() > deadline) {
      await lock.release();
      throw new DirectoryInUseError(directory, holder !== undefined && holder.role !== 'none' ? holder.pid : null);
    }
    if (contenders.length === 0) {
      lock.becomeHolder();
      await Promise.all(others.map((dead) => rm(join(directory, dead), { force: true })));
      return lock.release;
    }
    const mustStepBack = contenders.some((other) => other < name);
    if (mustStepBack) await lock.release();
    await delay(RETRY_INTERVAL_MS);
    if (mustStepBack) lock = await listen(join(shortPath, name));
  }
}

/** Windows has no unix sockets in Node, but a pipe name is exclusive and dies with its process just the same. */
async function lockByNamedPipe(directory: string): Promise<ReleaseLock> {
  const digest = createHash('sha256')
    .update(await realpath(directory))
    .digest('hex');
  const path = `\\\\.\\pipe\\dms-${digest}`;
  try {
    const lock = await listen(path);
    lock.becomeHolder();
    return lock.release;
  } catch {
    const found = await probe(path);
    throw new DirectoryInUseError(directory, found.role === 'none' ? null : found.pid);
  }
}

async function listen(path: string) {
  let role = 'contender';
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(`${process.pid} ${role}\n`);
  });
  server.listen(path);
  await once(server, 'listening');
  server.unref();
  return {
    becomeHolder: () => {
      role = 'holder';
    },
    release: async () => {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

function probe(path: string): Promise<Found> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(path);
    const settle = (found: Found) => {
      socket.destroy();
      resolve(found);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => settle({ role: 'holder', pid: null }));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('end', () => {
      const [pid = '', role = ''] = answer.trim().split(' ');
      settle({ role: role === 'contender' ? role : 'holder', pid: /^\d+$/.test(pid) ? Number(pid) : null });
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // Anything but "nobody listens" (no permission, backlog full) may be a living holder.
      const isDead = error.code === 'ECONNREFUSED' || error.code === 'ENOENT';
      settle(isDead ? { role: 'none' } : { role: 'holder', pid: null });
    });
  });
}
