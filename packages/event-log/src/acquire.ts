import { LEASE_SQL } from './append-statement.ts';
import type { DatabaseClock } from './clock.ts';
import type { Database } from './database.ts';
import { DatabaseError } from './errors.ts';
import type { LogWriter } from './event-log.ts';
import { parseState, STATE_COLUMNS } from './find-stored.ts';
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

/** Takes a new term if the lease is free, then learns what the store holds. Null while somebody else's lease or lock lasts. */
export async function acquireWriter(
  database: Database,
  clock: DatabaseClock,
  { holder, keepsRevisions }: { readonly holder: string; readonly keepsRevisions: boolean },
): Promise<LogWriter | null> {
  // Compared and set, so that it is certain which term ours follows.
  const [before] = await database.query(TERM);
  if (before === undefined) return null;
  const precedingTerm = integer(before, 'term');
  const [head] = await database.query(ACQUIRE, holder, precedingTerm).catch((error: unknown) => {
    if (error instanceof DatabaseError && error.sqlState === LOCK_NOT_AVAILABLE) return [];
    throw error;
  });
  if (head === undefined) return null;
  const term = integer(head, 'term');
  try {
    const window = await loadWindow(database, clock);
    await calibrate(database, clock);
    const tenure = { term, precedingTerm, seq: integer(head, 'seq'), window, keepsRevisions };
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
