import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
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
  const known = await readKey(path);
  if (known !== null) return { key: known, isNew: false };
  await mkdir(directory, { recursive: true });
  const fresh = `dms_${randomBytes(KEY_BYTES).toString('base64url')}`;
  // Linked into place whole: a process killed half way must not leave an empty key behind.
  const draft = `${path}-${randomUUID()}`;
  await writeFile(draft, `${fresh}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, path);
    return { key: fresh, isNew: true };
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return await ensureFirstKey(directory);
  } finally {
    await rm(draft, { force: true });
  }
}

async function readKey(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
