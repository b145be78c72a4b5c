import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';

// Prisma 7 has no offline way to compare a schema with its migrations; this package holds the same engine as WebAssembly.
// Its loader wants `import … from '*.wasm'`, which Node 20 lacks, so the module is put together by hand.

const PRISMA_DIRECTORY = fileURLToPath(new URL('../../../../prisma', import.meta.url));
const NO_FILTERS = { externalTables: [], externalEnums: [] };

/** The SQL that is missing in `prisma/migrations` to reach `schema` (default: `prisma/schema.prisma`); empty when they
 *  agree. `shadowUrl` must name an empty database: the migrations are applied to it. */
export async function findDrift(shadowUrl: string, schema?: string): Promise<string> {
  const content = schema ?? (await readFile(`${PRISMA_DIRECTORY}/schema.prisma`, 'utf8'));
  const SchemaEngine = await schemaEngine();
  const engine = await SchemaEngine.new({ datamodels: [['schema.prisma', content]] }, () => {}, shadowOnly(shadowUrl));
  const { exitCode, stdout } = await engine.diff({
    from: { tag: 'migrations', ...(await readMigrationList()) },
    to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content }] },
    script: true,
    exitCode: true,
    filters: NO_FILTERS,
  });
  return exitCode === 0 ? '' : (stdout ?? 'unknown difference');
}

let loading: ReturnType<typeof loadSchemaEngine> | undefined;

/** Loaded once: its bindings hold one WebAssembly instance. */
function schemaEngine() {
  loading ??= loadSchemaEngine();
  return loading;
}

async function loadSchemaEngine() {
  const require = createRequire(import.meta.url);
  const path = require.resolve('@prisma/schema-engine-wasm').replace(/schema_engine\.js$/, 'schema_engine_bg.wasm');
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const module = await WebAssembly.compile(new Uint8Array(await readFile(path)));
  const { exports } = await WebAssembly.instantiate(module, { './schema_engine_bg.js': { ...bindings } });
  bindings.__wbg_set_wasm(exports);
  if (typeof exports.__wbindgen_start === 'function') exports.__wbindgen_start();
  return bindings.SchemaEngine;
}

async function readMigrationList() {
  const baseDir = `${PRISMA_DIRECTORY}/migrations`;
  const entries = await readdir(baseDir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const migrationDirectories = await Promise.all(
    names.sort().map(async (path) => {
      const value = await readFile(`${baseDir}/${path}/migration.sql`, 'utf8');
      return { path, migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value } } };
    }),
  );
  const lockfile = { path: 'migration_lock.toml', content: await readFile(`${baseDir}/migration_lock.toml`, 'utf8') };
  return { baseDir, lockfile, shadowDbInitScript: '', migrationDirectories };
}

/** The engine's view of a database. PrismaPg's own shadow would be the real database, since a connection string wins over
 *  the name it sets, and its executeScript cuts at every semicolon. */
function shadowOnly(url: string) {
  const connect = async () => {
    const adapter = await new PrismaPg({ connectionString: url, max: 1 }).connect();
    return {
      adapterName: adapter.adapterName,
      provider: adapter.provider,
      errorRegistry,
      queryRaw: capture((query: Query) => describeCatalog(adapter.underlyingDriver(), query)),
      executeRaw: capture(adapter.executeRaw.bind(adapter)),
      executeScript: capture(async (script: string) => {
        await adapter.underlyingDriver().query(script);
      }),
      dispose: capture(() => adapter.dispose()),
      getConnectionInfo: () => ({ ok: true, value: adapter.getConnectionInfo() }),
    };
  };
  const errorRegistry = { consumeError: () => undefined };
  return {
    adapterName: 'shadow',
    provider: 'postgres',
    errorRegistry,
    connect: capture(connect),
    connectToShadowDb: capture(connect),
  };
}

interface Query {
  readonly sql: string;
  readonly args: readonly unknown[];
}

interface Driver {
  query(query: { text: string; values: unknown[]; rowMode: 'array' }): Promise<{
    readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
    readonly rows: readonly (readonly unknown[])[];
  }>;
}

/** PostgreSQL's type oid → Prisma's column type, for what the system catalogs hold: PrismaPg refuses `"char"` and vectors.
 *  A wrong one makes the engine panic, which hangs. */
const COLUMN_TYPES: ReadonlyMap<number, number> = new Map([
  [16, 5],
  [18, 6],
  [20, 1],
  [21, 0],
  [23, 0],
  [26, 1],
  [1005, 64],
  [1007, 64],
  [1002, 74],
  [1003, 74],
  [1009, 74],
]);
const TEXT_COLUMN = 7;

async function describeCatalog(driver: Driver, { sql, args }: Query) {
  const { fields, rows } = await driver.query({ text: sql, values: [...args], rowMode: 'array' });
  return {
    columnNames: fields.map(({ name }) => name),
    columnTypes: fields.map(({ dataTypeID }) => COLUMN_TYPES.get(dataTypeID) ?? TEXT_COLUMN),
    rows,
  };
}

const capture =
  <A extends readonly unknown[], T>(run: (...args: A) => Promise<T>) =>
  async (...args: A) => {
    try {
      return { ok: true, value: await run(...args) };
    } catch (error) {
      return { ok: false, error: { kind: 'postgres', code: 'N/A', severity: 'ERROR', message: String(error) } };
    }
  };
