import { LEASE_SQL } from './append-statement.ts';
import type { DatabaseClock } from './clock.ts';
import { type Database, IDLE_IN_TRANSACTION_TIMEOUT_MS } from './database.ts';
import { DatabaseError } from './errors.ts';
import type { LogWriter } from './event-log.ts';
import { parseState, STATE_COLUMNS } from './find-stored.ts';
import { loadForgottenAuthors } from './forgotten-authors.ts';
import { integer, nullableInteger } from './rows.ts';
import { createStateWindow, INITIAL_WINDOW_STATES, type StateWindow } from './state-window.ts';
import { createLogWriter, releaseLease } from './writer.ts';

const LOCK_TIMEOUT_MS = 1_000;
const LOCK_NOT_AVAILABLE = '55P03';

// `patience` runs before the row is locked, and lasts as long as the statement's own transaction.
const ACQUIRE = `WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', '${LOCK_TIMEOUT_MS}', true) AS ms)
  UPDATE head SET term = GREATEST(head.term + 1, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint),
    holder = $1::text, expires = ${LEASE_SQL}, status = '{}'
  FROM patience WHERE patience.ms IS NOT NULL AND head.id = 1 AND head.expires < now() AND head.term = $2::bigint
  RETURNING head.term, head.seq`;
const TERM = 'SELECT term FROM head WHERE id = 1 AND expires < now()';

// PostgreSQL's own limit (`idle_in_transaction_session_timeout`) does not see a session whose statement was executed and whose
// Sync, the message that commits it, never came: it stays `active` and keeps its lock for ever.
const END_FROZEN_SESSIONS = `SELECT count(pg_terminate_backend(a.pid)) AS ended
  FROM pg_stat_activity AS a JOIN pg_locks AS l ON l.pid = a.pid
  WHERE l.relation = 'head'::regclass AND l.mode IN ('RowShareLock', 'RowExclusiveLock') AND l.granted
    AND a.datname = current_database() AND a.usename = current_user AND a.pid <> pg_backend_pid()
    AND a.wait_event = 'ClientRead' AND a.state_change < now() - ${IDLE_IN_TRANSACTION_TIMEOUT_MS} * interval '1 millisecond'`;

/** Takes a new term if the lease is free, then learns what the store holds. Null while somebody else's lease or lock lasts. When
 *  the lease is over and the lock is not, sessions that only wait for a client that left them with it are ended. */
export async function acquireWriter(
  database: Database,
  clock: DatabaseClock,
  { holder, keepsRevisions }: { readonly holder: string; readonly keepsRevisions: boolean },
): Promise<LogWriter | null> {
  // Compared and set, so that it is certain which term ours follows.
  const [before] = await database.query(TERM);
  if (before === undefined) return null;
  const precedingTerm = integer(before, 'term');
  const [head] = await database.query(ACQUIRE, holder, precedingTerm).catch(async (error: unknown) => {
    if (!(error instanceof DatabaseError) || error.sqlState !== LOCK_NOT_AVAILABLE) throw error;
    await database.query(END_FROZEN_SESSIONS).catch(() => []);
    return [];
  });
  if (head === undefined) return null;
  const term = integer(head, 'term');
  try {
    const window = await loadWindow(database, clock);
    await calibrate(database, clock);
    const forgotten = await loadForgottenAuthors(database);
    const tenure = { term, precedingTerm, seq: integer(head, 'seq'), window, keepsRevisions, forgotten };
    return createLogWriter(database, tenure);
  } catch (error) {
    await releaseLease(database, term);
    throw error;
  }
}

const DIRECTORY_AT = `SELECT max(at) AS observed_at FROM (
  SELECT max(observed_at) AS at FROM channel UNION ALL SELECT max(observed_at) FROM guild) AS newest`;

async function loadWindow(database: Database, clock: DatabaseClock): Promise<StateWindow> {
  // Qualified, because a bare `id` would be the text column of the result.
  const sql = `SELECT ${STATE_COLUMNS} FROM message ORDER BY message.id DESC LIMIT ${INITIAL_WINDOW_STATES}`;
  const states = new Map((await database.query(sql)).map(parseState));
  for (const { observedAt, tallyAt } of states.values()) clock.advanceBeyond(Math.max(observedAt, tallyAt));
  const [directory] = await database.query(DIRECTORY_AT);
  clock.advanceBeyond(directory === undefined ? 0 : (nullableInteger(directory, 'observed_at') ?? 0));
  return createStateWindow(states, states.size < INITIAL_WINDOW_STATES);
}

export function calibrate(database: Database, clock: DatabaseClock): Promise<void> {
  return clock.calibrate(async () => {
    const [row] = await database.query(
      'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros',
    );
    return row === undefined ? 0 : integer(row, 'micros');
  });
}
