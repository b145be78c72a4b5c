import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { lockDirectory } from '../src/directory-lock.ts';

const openDoor = async () => {
  const directory = await temporaryDirectory();
  const shortPath = join(await temporaryDirectory(), 'd');
  await symlink(directory, shortPath);
  return { directory, lock: () => lockDirectory(directory, shortPath) };
};

describe('directory lock', () => {
  it('goes to exactly one of many that come at once, and then to the next when released', async () => {
    const { lock } = await openDoor();
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, lock));
      const winners = outcomes.filter((outcome) => outcome.status === 'fulfilled');
      const losers = outcomes.filter((outcome) => outcome.status === 'rejected');

      expect(winners).toHaveLength(1);
      for (const { reason } of losers) expect(reason).toMatchObject({ code: 'DIRECTORY_IN_USE' });
      for (const { value: release } of winners) await release();
    }
  });

  it('names the directory and the holder', async () => {
    const { directory, lock } = await openDoor();
    const release = await lock();

    await expect(lock()).rejects.toThrow(`${directory} is already in use by process ${process.pid}`);
    await release();
  });
});
