import type { LogEvent } from '@dms/protocol';
import { appendStatement, LEASE_SQL, type Statement, sessionPart, sessionRow } from './append-statement.ts';
import type { Change } from './change.ts';
import type { Database } from './database.ts';
import { deadLetterStatement, isDataError } from './dead-letter.ts';
import type { DiscordSession } from './discord-session.ts';
import { FencedError } from './errors.ts';
import type { AppendResult, LogWriter, WriterStatus } from './event-log.ts';
import { findStates, findSurroundings } from './find-stored.ts';
import { type ForgottenAuthors, loadForgottenAuthors } from './forgotten-authors.ts';
import { type Reduction, reduce } from './reduce.ts';
import { countErased, findMessages, isPrivacyChange, reduceRedactions } from './reduce-redactions.ts';
import type { StateWindow } from './state-window.ts';
import { withoutForgotten } from './without-forgotten.ts';

export const MAX_CHANGES_PER_APPEND = 500;

export interface Tenure {
  readonly term: number;
  readonly precedingTerm: number;
  readonly seq: number;
  readonly window: StateWindow;
  /** As read when the term began. */
  readonly forgotten: ForgottenAuthors;
  /** Whether edits leave the earlier revision behind. */
  readonly keepsRevisions: boolean;
}

/** The writer of one term. Statements run one after another; the first one that fails makes the writer useless, because it
 *  may have committed all the same and what we remember would be wrong. */
export function createLogWriter(
  database: Database,
  { term, precedingTerm, seq: acquiredSeq, window, keepsRevisions, forgotten: forgottenAtFirst }: Tenure,
): LogWriter {
  let seq = acquiredSeq;
  let forgotten = forgottenAtFirst;
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

  /** The list of forgotten authors grew since it was read: it is read again. Any other reason ends the writer. */
  const learnForgotten = async (): Promise<void> => {
    const newest = await loadForgottenAuthors(database);
    if (newest.version === forgotten.version) throw new FencedError(term);
    forgotten = newest;
  };

  const plan = async (changes: readonly Change[]): Promise<Reduction> => {
    const privacy = changes.filter(isPrivacyChange);
    if (privacy.length > 0) return reduceRedactions(await findMessages(database, privacy), privacy, forgotten);
    const states = await findStates(database, window, changes);
    return countErased(reduce(states, changes, await findSurroundings(database, changes)), changes);
  };

  /** `given` are privacy changes alone, or none of them. */
  const commit = async (given: readonly Change[], session: DiscordSession | null): Promise<AppendResult> => {
    const changes = withoutForgotten(given, forgotten);
    const expected = { term, seq, consent: forgotten.version };
    const reduction = await plan(changes);
    const { sql, values } = appendStatement(expected, reduction, session, keepsRevisions);
    let isCommitted: boolean;
    try {
      isCommitted = (await database.query(sql, ...values)).length === 1;
    } catch (error) {
      if (!isDataError(error)) throw error;
      const [only] = changes;
      if (only === undefined) throw error;
      if (changes.length > 1) return commitHalves(changes, session);
      await runFenced(deadLetterStatement(expected, only, error));
      if (session !== null) await commit([], session);
      return { events: [], dropped: { same: 0, stale: 0, deleted: 0, incomplete: 0 }, deadLettered: 1 };
    }
    if (!isCommitted) {
      await learnForgotten();
      return commit(given, session);
    }
    const events = toEvents(reduction, term, seq);
    seq += events.length;
    for (const [id, state] of reduction.states) window.remember(id, state);
    return { events, dropped: reduction.dropped, deadLettered: 0 };
  };

  const commitParts = async (changes: readonly Change[], session: DiscordSession | null): Promise<AppendResult> => {
    const [first] = changes;
    const isFirstPrivacy = first !== undefined && isPrivacyChange(first);
    const seam = changes.findIndex((change) => isPrivacyChange(change) !== isFirstPrivacy);
    if (seam === -1) return commit(changes, session);
    const before = await commit(changes.slice(0, seam), null);
    return merge(before, await commitParts(changes.slice(seam), session));
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
        return commitParts(changes, session);
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
  entries.map(({ route, payload }, index) => {
    const { type, guildId, channelId, parentId, authorId, messageId } = route;
    return { term, seq: base + index + 1, type, guildId, channelId, parentId, authorId, messageId, payload };
  });

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
