import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { toDatabaseError } from './database.ts';
import { MigrationRefusedError } from './errors.ts';
import { nullableText, type Row, text } from './rows.ts';

export interface MigrateOptions {
  /** Folder of migration folders. Default: `prisma/migrations` in the nearest folder above this file that has it: the
   *  repository's, or an image's. */
  readonly directory?: string;
}

export interface MigrateResult {
  /** Names applied by this call, in order; empty when the schema was up to date. */
  readonly applied: readonly string[];
}

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** `prisma migrate` takes the same lock, so the two never run at once. */
const ADVISORY_LOCK_ID = 72_707_369;
const CONNECT_TIMEOUT_MS = 5_000;

const CREATE_HISTORY = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

/** Applies the missing migrations in order, each in one transaction with its entry in `_prisma_migrations`, so that
 *  `prisma migrate` sees them as its own and the reverse. Forward only; running it twice, or at once from several machines,
 *  is fine, and so is a pooler in between.
 *  @throws MigrationRefusedError for an edited, half applied or unknown migration, DatabaseError otherwise. */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<MigrateResult> {
  const migrations = await readMigrations(options.directory ?? findMigrations(import.meta.dirname));
  const factory = new PrismaPg({ connectionString: url, max: 1, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  const adapter = await factory.connect();
  try {
    const client = await translateErrors(adapter.underlyingDriver().connect());
    // A connection lost between two queries makes the next one fail; the event would end the process.
    client.on('error', () => {});
    try {
      const run: Run = async (sql, values = []) => (await translateErrors(client.query(sql, [...values]))).rows;
      // Without parameters the simple protocol is used, which takes several statements in one go.
      const runScript = (sql: string) => translateErrors(client.query(sql));
      return { applied: await applyMissing(migrations, run, runScript) };
    } finally {
      client.release(true);
    }
  } finally {
    await adapter.dispose();
  }
}

async function translateErrors<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw toDatabaseError(error);
  });
}

type Run = (sql: string, values?: readonly string[]) => Promise<readonly Row[]>;

async function applyMissing(migrations: readonly Migration[], run: Run, runScript: (sql: string) => Promise<unknown>) {
  const applied: string[] = [];
  for (;;) {
    await run('BEGIN');
    try {
      // Held until the end of the transaction and no longer: behind a pooler a session, and what it holds, outlives its client.
      await run(`SELECT pg_advisory_xact_lock(${ADVISORY_LOCK_ID})`);
      const next = await findNext(migrations, run);
      if (next !== undefined) {
        await runScript(next.sql);
        await run(
          `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
            VALUES ($1, $2, $3, now(), 1)`,
          [randomUUID(), next.checksum, next.name],
        );
      }
      await run('COMMIT');
      if (next === undefined) return applied;
      applied.push(next.name);
    } catch (error) {
      await run('ROLLBACK').catch(() => {});
      throw error;
    }
  }
}

async function findNext(migrations: readonly Migration[], run: Run): Promise<Migration | undefined> {
  await run(CREATE_HISTORY);
  const history = await run(`SELECT migration_name, checksum, finished_at::text, rolled_back_at::text
    FROM _prisma_migrations WHERE rolled_back_at IS NULL`);
  return compareWithHistory(migrations, history)[0];
}

function compareWithHistory(migrations: readonly Migration[], history: readonly Row[]): readonly Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  const applied = new Set<string>();
  for (const row of history) {
    const name = text(row, 'migration_name');
    const migration = known.get(name);
    if (migration === undefined) {
      throw new MigrationRefusedError(
        `the database is newer than this version (it has migration ${name}): use a newer version`,
      );
    }
    if (nullableText(row, 'finished_at') === null) {
      throw new MigrationRefusedError(
        `migration ${name} was begun by another tool and never finished: resolve it with prisma migrate resolve`,
      );
    }
    if (text(row, 'checksum') !== migration.checksum) {
      throw new MigrationRefusedError(
        `migration ${name} was edited after it was applied: restore the file and write a new migration instead`,
      );
    }
    applied.add(name);
  }
  return migrations.filter(({ name }) => !applied.has(name));
}

function findMigrations(folder: string): string {
  const candidate = join(folder, 'prisma/migrations');
  if (existsSync(candidate)) return candidate;
  const parent = dirname(folder);
  if (parent === folder) throw new MigrationRefusedError('no folder prisma/migrations was found above this program');
  return findMigrations(parent);
}

async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(`${directory}/${name}/migration.sql`, 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}
