import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@dms/test-kit';
import { ROOT } from '../../support/programs.ts';
import { command, linesOf } from './docker.ts';

/** Copies what git knows of this checkout, which is what a clean clone has, plus what is not committed yet. Returns the folder. */
export async function copyCheckout(): Promise<string> {
  const directory = join(await temporaryDirectory(), 'clone');
  await mkdir(directory);
  const listed = await command('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  for (const path of linesOf(listed)) {
    // Deleted but not yet committed: git still lists it.
    if (existsSync(join(ROOT, path))) await cp(join(ROOT, path), join(directory, path));
  }
  return directory;
}
