import { chmod, chown, mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeAtExit } from './watchdog.ts';

/** An empty directory of mode 0700, removed with its content when the test process ends, also when it crashes.
 *  `owner` hands it to another user, which only root may ask for. */
export async function temporaryDirectory(owner?: { readonly uid: number; readonly gid: number }): Promise<string> {
  // mkdtemp's parent is a symbolic link on macOS; servers report the real path.
  const directory = await mkdtemp(join(await realpath(tmpdir()), 'dms-test-'));
  removeAtExit(directory);
  await chmod(directory, 0o700);
  if (owner !== undefined) await chown(directory, owner.uid, owner.gid);
  return directory;
}
