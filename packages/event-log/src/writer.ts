import type { LogEvent } from '@dms/protocol';
import { appendStatement, LEASE_SQL, type Statement, sessionPart, sessionRow } from './append-statement.ts';
import type { Change } from './change.ts';
import type { Database } from './database.ts';
import { deadLetterStatement, isDataError } from './dead-letter.ts';
import type { DiscordSession } from './discord-session.ts';
import { FencedError } from './errors.ts';
import type { AppendResult, LogWriter, WriterStatus } from './event-log.ts';
import { findStates, findSurroundings } from './find-stored.ts';
import { type Reduction, reduce } from './reduce.ts';
import type { StateWindow } from './state-window.ts';

export const MAX_CHANGES_PER_APPEND = 500;

export interface Tenure {
  readonly term: number;
  readonly precedingTerm: number;
  readonly seq: number;
  readonly window: StateWindow;
  /** Whether edits leave the earlier revision behind. */
  readonly keepsRevisions: boolean;
}

/** The writer of one term. Statements run one after another; the first one that fails makes the writer useless, because it
 *  may have committed all the same and what we remember would be wrong. */
export function createLogWriter(
  database: Database,
  { term, precedingTerm, seq: acquiredSeq, window, keepsRevisions }: Tenure,
): LogWriter {
  let seq = acquiredSeq;
  let isUsable = true;
  let lastStep: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(step: () => Promise<T>): Promise<T> => {
    const turn = lastStep.then(async () => {
      if (!isUsable) throw new FencedError(term);
      try {
        return await step();
      } catch (error) {
        isUsable = false;
        throw error;
      }
    });
    lastStep = turn.catch(() => {});
    return turn;
  };

  const runFenced = async ({ sql, values }: Statement): Promise<void> => {
    const rows = await database.query(sql, ...values);
    if (rows.length !== 1) throw new FencedError(term);
  };

  const commit = async (changes: readonly Change[], session: DiscordSession | null): Promise<AppendResult> => {
    const states = await findStates(database, window, changes);
    const reduction = reduce(states, changes, await findSurroundings(database, changes));
    try {
      await runFenced(appendStatement(term, seq, reduction, session, keepsRevisions));
    } catch (error) {
      if (!isDataError(error)) throw error;
      const [only] = changes;
      if (only === undefined) throw error;
      if (changes.length > 1) return commitHalves(changes, session);
      await runFenced(deadLetterStatement(term, seq, only, error));
      if (session !== null) await commit([], session);
      return { events: [], dropped: { same: 0, stale: 0, deleted: 0, incomplete: 0 }, deadLettered: 1 };
    }
    const events = toEvents(reduction, term, seq);
    seq += events.length;
    for (const [id, state] of reduction.states) window.remember(id, state);
    return { events, dropped: reduction.dropped, deadLettered: 0 };
  };

  const commitHalves = async (changes: readonly Change[], session: DiscordSession | null): Promise<AppendResult> => {
    const middle = changes.length >> 1;
    const first = await commit(changes.slice(0, middle), null);
    return merge(first, await commit(changes.slice(middle), session));
  };

  return {
    term,
    precedingTerm,
    acquiredSeq,
    append: (changes, session = null) =>
      inTurn(async () => {
        if (changes.length > MAX_CHANGES_PER_APPEND) throw new RangeError(`at most ${MAX_CHANGES_PER_APPEND} changes`);
        return commit(changes, session);
      }),
    renew: (status, session = null) => inTurn(() => runFenced(renewStatement(term, seq, status, session))),
    async release() {
      isUsable = false;
      await lastStep;
      await releaseLease(database, term);
    },
  };
}

function renewStatement(term: number, seq: number, status: WriterStatus, session: DiscordSession | null): Statement {
  const renewed = `renewed AS (
    UPDATE head SET expires = ${LEASE_SQL}, status = $3::text
    WHERE id = 1 AND term = $1::bigint AND seq = $2::bigint RETURNING 1 AS renewed)`;
  const values = [term, seq, JSON.stringify(status)];
  if (session === null) return { sql: `WITH ${renewed} SELECT 1 AS renewed FROM renewed`, values };
  const sql = `WITH ${renewed}, ${sessionPart('(SELECT FROM renewed) AS fence', '$4')} SELECT 1 AS renewed FROM renewed`;
  return { sql, values: [...values, sessionRow(session)] };
}

/** Ends the lease of `term`, if it still holds. Best effort: otherwise it ends by itself. */
export async function releaseLease(database: Database, term: number): Promise<void> {
  // A little in the past: PGlite's clock is coarse, and acquire asks for strictly less than now.
  const sql = `UPDATE head SET expires = now() - interval '10 milliseconds' WHERE id = 1 AND term = $1::bigint`;
  await database.query(sql, term).catch(() => {});
}

const toEvents = ({ entries }: Reduction, term: number, base: number): readonly LogEvent[] =>
  entries.map(({ route, payload }, index) => ({ ...route, term, seq: base + index + 1, payload }));

const merge = (a: AppendResult, b: AppendResult): AppendResult => ({
  events: [...a.events, ...b.events],
  dropped: {
    same: a.dropped.same + b.dropped.same,
    stale: a.dropped.stale + b.dropped.stale,
    deleted: a.dropped.deleted + b.dropped.deleted,
    incomplete: a.dropped.incomplete + b.dropped.incomplete,
  },
  deadLettered: a.deadLettered + b.deadLettered,
});
