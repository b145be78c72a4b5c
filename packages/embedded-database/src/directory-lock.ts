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
const MAX_ATTEMPTS = 10;
/** A stopped holder accepts (the kernel does) but never answers. */
const PROBE_TIMEOUT_MS = 1_000;

type Probe =
  | { readonly isAlive: false }
  | { readonly isAlive: true; readonly isHolder: boolean; readonly pid: number | null };

/** Takes the exclusive right to `directory`, or throws DirectoryInUseError.
 *
 *  A lock is a listening unix socket inside the directory: the kernel ends it with its process, so nothing goes stale, no
 *  pid is ever compared, and containers that share the directory see each other. Each contender first listens on a socket
 *  of its own and then looks for others. Of two contenders at least the one that listened later finds the other, so both
 *  can never win; when both lose, both try again. `shortPath` is a short alias of the directory (107-byte socket paths). */
export async function lockDirectory(directory: string, shortPath: string): Promise<ReleaseLock> {
  if (process.platform === 'win32') return lockByNamedPipe(directory);
  for (let attempt = 1; ; attempt++) {
    const name = LOCK_PREFIX + randomBytes(6).toString('hex');
    const lock = await listen(join(shortPath, name));
    const others = (await readdir(directory)).filter((entry) => entry.startsWith(LOCK_PREFIX) && entry !== name);
    const probes = await Promise.all(others.map((other) => probe(join(shortPath, other))));
    const alive = probes.filter((found) => found.isAlive);
    if (alive.length === 0) {
      lock.becomeHolder();
      await Promise.all(others.map((dead) => rm(join(directory, dead), { force: true })));
      return lock.release;
    }
    await lock.release();
    const holder = alive.find((found) => found.isHolder);
    if (holder !== undefined || attempt === MAX_ATTEMPTS) {
      throw new DirectoryInUseError(directory, holder?.pid ?? alive[0]?.pid ?? null);
    }
    await delay(20 + Math.random() * 100);
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
    throw new DirectoryInUseError(directory, found.isAlive ? found.pid : null);
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

function probe(path: string): Promise<Probe> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(path);
    const settle = (result: Probe) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => settle({ isAlive: true, isHolder: true, pid: null }));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('end', () => {
      const [pid = '', role = ''] = answer.trim().split(' ');
      settle({ isAlive: true, isHolder: role !== 'contender', pid: /^\d+$/.test(pid) ? Number(pid) : null });
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // Anything but "nobody listens" (no permission, backlog full) may be a living holder.
      const isDead = error.code === 'ECONNREFUSED' || error.code === 'ENOENT';
      settle(isDead ? { isAlive: false } : { isAlive: true, isHolder: true, pid: null });
    });
  });
}
