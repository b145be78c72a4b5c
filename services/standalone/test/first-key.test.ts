import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { ensureFirstKey } from '../src/first-key.ts';

describe('the key that a new installation makes for itself', () => {
  it('is made once, shown as new once, and the same ever after', async () => {
    const directory = join(await temporaryDirectory(), 'not', 'yet');
    const first = await ensureFirstKey(directory);
    expect(first.isNew).toBe(true);
    expect(first.key).toMatch(/^dms_[\w-]{32}$/);
    expect(await ensureFirstKey(directory)).toEqual({ key: first.key, isNew: false });
    expect((await readFile(join(directory, 'api-key'), 'utf8')).trim()).toBe(first.key);
  });

  it('is for its owner’s eyes only', async () => {
    const directory = await temporaryDirectory();
    await ensureFirstKey(directory);
    expect((await stat(join(directory, 'api-key'))).mode & 0o777).toBe(0o600);
  });

  it('is one and the same for all who ask at the same time, and another one elsewhere', async () => {
    const [here, elsewhere] = [await temporaryDirectory(), await temporaryDirectory()];
    const answers = await Promise.all(Array.from({ length: 5 }, () => ensureFirstKey(here)));
    expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect((await ensureFirstKey(elsewhere)).key).not.toBe(answers[0]?.key);
  });
});
