import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const KEY_BYTES = 24;
const FILE_NAME = 'api-key';

export interface FirstKey {
  readonly key: string;
  /** True when it was made just now: the only time it is shown. */
  readonly isNew: boolean;
}

/** The key for `/stats` and administration of an installation that configured none: made at the first start and kept in
 *  `directory`, readable by its owner only. */
export async function ensureFirstKey(directory: string): Promise<FirstKey> {
  const path = join(directory, FILE_NAME);
  await mkdir(directory, { recursive: true });
  const fresh = `dms_${randomBytes(KEY_BYTES).toString('base64url')}`;
  try {
    await writeFile(path, `${fresh}\n`, { mode: 0o600, flag: 'wx' });
    return { key: fresh, isNew: true };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    return { key: (await readFile(path, 'utf8')).trim(), isNew: false };
  }
}
