import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startEmbeddedDatabase } from '@dms/embedded-database';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NEWEST_MIGRATION } from '../src/newest-migration.ts';
import { findDrift } from './support/schema-engine.ts';

const prismaDirectory = fileURLToPath(new URL('../../../prisma', import.meta.url));

describe('schema and migrations', () => {
  let shadow: Awaited<ReturnType<typeof startEmbeddedDatabase>>;
  beforeEach(async () => {
    shadow = await startEmbeddedDatabase({ directory: null });
  });
  afterEach(() => shadow.stop());

  it('the migrations build exactly the schema of schema.prisma', async () => {
    expect(await findDrift(shadow.url)).toBe('');
  });

  it('the check names what a migration forgot', async () => {
    const schema = await readFile(`${prismaDirectory}/schema.prisma`, 'utf8');
    const changed = schema.replace('  sqlstate  String', '  sqlstate  String\n  forgotten Int?');

    expect(await findDrift(shadow.url, changed)).toContain(
      'ALTER TABLE "dead_letter" ADD COLUMN     "forgotten" INTEGER',
    );
  });
});

it('the code names the newest migration', async () => {
  const folders = (await readdir(`${prismaDirectory}/migrations`)).filter((name) => !name.includes('.'));

  expect(folders.sort().at(-1)).toBe(NEWEST_MIGRATION);
});
