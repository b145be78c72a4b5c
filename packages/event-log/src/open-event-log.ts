import { acquireWriter, calibrate } from './acquire.ts';
import { createBackfillStore } from './backfill-store.ts';
import { createDatabaseClock } from './clock.ts';
import { type Database, openDatabase } from './database.ts';
import { DatabaseError, SchemaOutdatedError } from './errors.ts';
import type { EventLog } from './event-log.ts';
import { createIngestStore } from './ingest-store.ts';
import { createLogReader } from './log-reader.ts';
import { createMessageStore } from './message-store.ts';
import { NEWEST_MIGRATION } from './newest-migration.ts';
import { createOrphanStore } from './orphan-store.ts';

export interface EventLogOptions {
  /** Most database connections held open at once. Default 10. */
  readonly poolSize?: number;
  /** Shown in `pg_stat_activity`. Default `dms`. */
  readonly applicationName?: string;
  /** Whether a writer keeps what messages said before they were edited. Default true. */
  readonly keepsRevisions?: boolean;
}

const DEFAULT_POOL_SIZE = 10;
const PING_TIMEOUT_MS = 2_000;

/** Opens the log of the database at `url` (PostgreSQL 15 or newer, or the embedded one). Does not migrate and does not wait:
 *  @throws SchemaOutdatedError until `migrate` ran, DatabaseError when the database cannot be reached or refuses us. */
export async function openEventLog(url: string, options: EventLogOptions = {}): Promise<EventLog> {
  const { poolSize = DEFAULT_POOL_SIZE, applicationName = 'dms', keepsRevisions = true } = options;
  const database = openDatabase(url, { poolSize, applicationName });
  const clock = createDatabaseClock();
  try {
    await assertSchema(database);
    await calibrate(database, clock);
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    ...createLogReader(database),
    ...createMessageStore(database),
    ...createIngestStore(database),
    ...createOrphanStore(database),
    ...createBackfillStore(database),
    acquire: (holder) => acquireWriter(database, clock, { holder, keepsRevisions }),
    stamp: () => clock.stamp(),
    ping: () => ping(database),
    close: () => database.close(),
  };
}

// Later migrations than ours are fine: they only expand, so that old and new builds run side by side.
async function assertSchema(database: Database): Promise<void> {
  const sql = 'SELECT 1 AS found FROM _prisma_migrations WHERE migration_name = $1::text AND finished_at IS NOT NULL';
  const rows = await database.query(sql, NEWEST_MIGRATION).catch((error: unknown) => {
    const isMissingTable = error instanceof DatabaseError && error.sqlState === '42P01';
    if (isMissingTable) return [];
    throw error;
  });
  if (rows.length === 0) throw new SchemaOutdatedError(NEWEST_MIGRATION);
}

async function ping(database: Database): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    const late = new DatabaseError(null, `no answer within ${PING_TIMEOUT_MS} ms`, null);
    timer = setTimeout(() => reject(late), PING_TIMEOUT_MS);
  });
  try {
    await Promise.race([database.query('SELECT 1 AS pong'), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
