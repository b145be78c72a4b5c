import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { migrate, openEventLog } from '../../src/index.ts';
import { NEWEST_MIGRATION } from '../../src/newest-migration.ts';
import type { TestLog } from '../support/use-event-log.ts';

const MIGRATIONS = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url));

export function describeMigrate(current: () => TestLog): void {
  describe('migrate', () => {
    let directory = '';
    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'dms-migrations-'));
      await cp(MIGRATIONS, directory, { recursive: true });
    });
    afterEach(() => rm(directory, { recursive: true, force: true }));

    const add = async (name: string, sql: string) => {
      await mkdir(join(directory, name));
      await writeFile(join(directory, name, 'migration.sql'), sql);
    };

    it('run twice does nothing the second time', async () => {
      expect(await migrate(current().url)).toEqual({ applied: [] });
    });

    it('applies new migrations in order and leaves a failing one without a trace', async () => {
      const { url, sql } = current();
      await add('30000000000001_second', 'CREATE TABLE second (a INT); INSERT INTO second VALUES (1);');
      await add('30000000000002_third', "CREATE TABLE third (a TEXT); INSERT INTO third VALUES ('a;b'); SELECT 1 / 0;");

      await expect(migrate(url, { directory })).rejects.toMatchObject({ code: 'DATABASE', sqlState: '22012' });
      expect(await sql('SELECT a FROM second')).toEqual([{ a: 1 }]);
      expect(await sql(`SELECT to_regclass('third')::text AS name`)).toEqual([{ name: null }]);
      await rm(join(directory, '30000000000002_third'), { recursive: true });
      expect(await migrate(url, { directory })).toEqual({ applied: [] });
    });

    it('refuses an applied migration that was edited', async () => {
      await writeFile(join(directory, NEWEST_MIGRATION, 'migration.sql'), 'SELECT 1;');

      await expect(migrate(current().url, { directory })).rejects.toMatchObject({
        code: 'MIGRATION_REFUSED',
        message: expect.stringContaining('was edited after it was applied'),
      });
    });

    it('refuses a database that is newer than the code, which the services accept', async () => {
      const { url, openAnother } = current();
      await add('30000000000001_future', 'CREATE TABLE future (a INT);');
      await migrate(url, { directory });

      await expect(migrate(url)).rejects.toMatchObject({
        code: 'MIGRATION_REFUSED',
        message: expect.stringContaining('newer than this version'),
      });
      await expect((await openAnother()).ping()).resolves.toBeUndefined();
    });

    it('the log refuses to open on a database that was never or only half migrated', async () => {
      const { url, sql } = current();
      await sql(`UPDATE _prisma_migrations SET finished_at = NULL`);
      await expect(openEventLog(url)).rejects.toMatchObject({ code: 'SCHEMA_OUTDATED' });
      await sql('DROP TABLE _prisma_migrations');

      await expect(openEventLog(url)).rejects.toMatchObject({
        code: 'SCHEMA_OUTDATED',
        message: expect.stringContaining('run pnpm migrate'),
      });
    });
  });
}
