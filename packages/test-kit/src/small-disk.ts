import { spawnSync } from 'node:child_process';
import { chown, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Availability } from './infrastructure.ts';
import { unprivileged } from './unprivileged.ts';

/** A file system of its own, in memory, that can be filled to the last byte. */
export interface SmallDisk {
  readonly path: string;
  /** Leaves no room. Returns the bytes it took. */
  fill(): Promise<number>;
  /** Gives the room back. */
  free(): Promise<void>;
  /** Whatever uses it must have ended. */
  unmount(): Promise<void>;
}

const BALLAST = 'ballast';
const BALLAST_PIECES = [1 << 20, 1 << 12, 1] as const;

const mount = (path: string, megabytes: number) =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'dms-test', path], { encoding: 'utf8' });

/** Whether this machine lets us mount file systems: Linux, root, and a container that allows it. Tries it. */
export async function findSmallDisks(): Promise<Availability<object>> {
  try {
    await (await mountSmallDisk(1)).unmount();
    return { available: true };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    return { available: false, reason: `no small disk: ${why.trim()}` };
  }
}

/** @throws Error with the words of `mount` when it is not allowed. */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk> {
  const path = await mkdtemp(join(tmpdir(), 'dms-disk-'));
  const mounted = mount(path, megabytes);
  if (mounted.status !== 0) {
    await rmdir(path);
    throw new Error(mounted.stderr || 'mount cannot be run');
  }
  if ('owner' in unprivileged) await chown(path, unprivileged.owner.uid, unprivileged.owner.gid);
  const ballast = join(path, BALLAST);
  return {
    path,
    async fill() {
      let bytes = 0;
      for (const size of BALLAST_PIECES) {
        const piece = Buffer.alloc(size, 1);
        while (await hasTaken(ballast, piece)) bytes += size;
      }
      return bytes;
    },
    free: () => rm(ballast, { force: true }),
    async unmount() {
      const { status, stderr } = spawnSync('umount', ['--lazy', path], { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      await rmdir(path);
    },
  };
}

async function hasTaken(file: string, piece: Buffer): Promise<boolean> {
  try {
    await writeFile(file, piece, { flag: 'a' });
    return true;
  } catch {
    return false;
  }
}
