import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { withEnvFile } from '../src/index.ts';

describe('withEnvFile', () => {
  it('adds what the file sets and leaves what is already set', async () => {
    const path = join(await temporaryDirectory(), '.env');
    writeFileSync(path, '# a comment\nA=from file\nB="from file"\n');
    expect(withEnvFile({ B: 'from outside', C: 'too' }, path)).toEqual({ A: 'from file', B: 'from outside', C: 'too' });
  });

  it('changes nothing without a file', () => {
    expect(withEnvFile({ A: 'a' }, '/nowhere/.env')).toEqual({ A: 'a' });
  });
});
