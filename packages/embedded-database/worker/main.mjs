// A worker thread, so that WASM never holds up the main event loop, and so that it cannot outlive the process.
// Plain .mjs because worker threads on Node 20 cannot load TypeScript.
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { dataDir } from '@electric-sql/pglite-prepopulatedfs';
import { serve } from './wire-server.mjs';

// PGlite has no autovacuum: tables never analyzed are planned blindly, and pruned rows never free their space.
const FIRST_MAINTENANCE_MS = 60_000;
const MAINTENANCE_INTERVAL_MS = 30 * 60_000;

const post = (message) => parentPort.postMessage(message);

async function open(directory) {
  if (directory === null) return PGlite.create({ dataDir: 'memory://', loadDataDir: await dataDir() });
  const data = join(directory, 'pgdata');
  const fresh = join(directory, 'pgdata.new');
  if (!existsSync(data)) {
    post({ type: 'progress', phase: 'creating' });
    // Created beside and renamed, so a kill in the middle leaves nothing half. Our lock makes us the only creator.
    await rm(fresh, { recursive: true, force: true });
    const created = await PGlite.create({ dataDir: fresh, loadDataDir: await dataDir() });
    await created.close();
    await rename(fresh, data);
  }
  post({ type: 'progress', phase: 'opening' });
  return PGlite.create({ dataDir: data });
}

const crash = (error) => {
  post({ type: 'crashed', reason: String(error?.message ?? error) });
  process.exit(1);
};

const db = await open(workerData.directory).catch(crash);
const server = await serve(db, workerData.address, crash).catch(crash);
post({ type: 'ready', port: server.port });

async function maintain() {
  const sql = "SELECT format('VACUUM (ANALYZE) %I.%I', schemaname, relname) AS statement FROM pg_stat_user_tables";
  const tables = await server.run(() => db.query(sql));
  // One statement per table, so that others get their turn in between.
  for (const { statement } of tables?.rows ?? []) await server.run(() => db.exec(statement));
}
setTimeout(maintain, FIRST_MAINTENANCE_MS).unref();
setInterval(maintain, MAINTENANCE_INTERVAL_MS).unref();

parentPort.once('message', async () => {
  await server.stop();
  await db.close();
  post({ type: 'stopped' });
  process.exit(0);
});
