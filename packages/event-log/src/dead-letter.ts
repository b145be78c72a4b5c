import { createHash } from 'node:crypto';
import { type Expected, LEASE_SQL, type Statement } from './append-statement.ts';
import type { Change } from './change.ts';
import { describeSqlState } from './database.ts';
import { DatabaseError } from './errors.ts';

/** True when the database refused the data itself, so that only leaving the change out can help: SQLSTATE class 22 (data),
 *  23 (integrity) or 54 (limits). Not 23505: no change can cause it, since every insert names its conflict; it would mean
 *  that a seq is taken, and then dropping changes would be wrong. */
export function isDataError(error: unknown): error is DatabaseError {
  if (!(error instanceof DatabaseError) || error.sqlState === null || error.sqlState === '23505') return false;
  return ['22', '23', '54'].includes(error.sqlState.slice(0, 2));
}

/** Files one change the database refused, under the same compare-and-set as an append; returns one row when it did. Base64
 *  because no text column can hold what made it unfit. A change that is already filed adds nothing. */
export function deadLetterStatement({ term, seq, consent }: Expected, change: Change, error: DatabaseError): Statement {
  const json = JSON.stringify(change);
  const digest = createHash('sha256').update(json).digest('hex');
  const isAboutMessage = change.kind === 'message' || change.kind === 'delete' || change.kind === 'mark';
  const messageId = isAboutMessage && /^\d{1,40}$/.test(change.id) ? change.id : null;
  const sqlState = error.sqlState ?? '';
  const sql = `WITH fence AS (
      UPDATE head SET expires = ${LEASE_SQL}
      WHERE id = 1 AND term = $1::bigint AND seq = $2::bigint AND consent = $8::bigint RETURNING term),
    filed AS (
      INSERT INTO dead_letter (sqlstate, reason, message_id, digest, change)
      SELECT $3::text, $4::text, $5::text, $6::text, $7::text FROM fence
      ON CONFLICT (digest) DO NOTHING)
    SELECT 1 AS committed FROM fence`;
  const base64 = Buffer.from(json).toString('base64');
  return { sql, values: [term, seq, sqlState, describeSqlState(sqlState), messageId, digest, base64, consent] };
}
