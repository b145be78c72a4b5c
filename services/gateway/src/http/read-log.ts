import { DatabaseError } from '@dms/event-log';
import { HttpProblem } from './problem.ts';
import { TimeoutError, within } from './within.ts';

/** Longer than any page takes, shorter than a client's patience. */
const MAX_READ_MS = 10_000;
const RETRY_AFTER_SECONDS = 2;

/** SQLSTATE classes of a database that is there but not able: connection, resources, cancelled or shutting down. */
const AWAY_CLASSES: ReadonlySet<string> = new Set(['08', '53', '57']);

/** True when the same read may succeed a little later; any other failure is a mistake of ours. */
function isAway(error: unknown): boolean {
  if (error instanceof TimeoutError) return true;
  if (!(error instanceof DatabaseError)) return false;
  return error.sqlState === null || AWAY_CLASSES.has(error.sqlState.slice(0, 2));
}

/** Waits for a read of the log, 10 s at most. @throws HttpProblem 503 while the database is away */
export async function readLog<T>(read: Promise<T>): Promise<T> {
  try {
    return await within(read, MAX_READ_MS);
  } catch (error) {
    if (!isAway(error)) throw error;
    const headers = { 'Retry-After': String(RETRY_AFTER_SECONDS) };
    throw new HttpProblem(503, 'The message store does not answer right now. Try again soon.', {
      headers,
      cause: error,
    });
  }
}
