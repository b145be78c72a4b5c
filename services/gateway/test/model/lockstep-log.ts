import { isDeepStrictEqual } from 'node:util';
import type { Change } from '@dms/event-log';
import type { LogTwin } from './log-twin.ts';
import type { ModelLog, ModelWriter } from './model-log.ts';

type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string };

async function outcomeOf(perform: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { ok: true, value: await perform() };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.name : String(error) };
  }
}

export interface LockstepLog extends ModelLog {
  /** Answers compared so far. */
  readonly comparisons: number;
}

/** Asks the real log and its twin the same and compares every answer, every refusal and, after every write, everything they
 *  hold. What the code under test gets is the real log's answer. */
export function createLockstepLog(real: ModelLog, twin: LogTwin): LockstepLog {
  let comparisons = 0;

  const compare = (what: string, ours: unknown, theirs: unknown): void => {
    comparisons += 1;
    if (isDeepStrictEqual(ours, theirs)) return;
    throw new Error(`the twin differs at ${what}: ${JSON.stringify(theirs)} instead of ${JSON.stringify(ours)}`);
  };

  const both = async <T>(what: string, ask: (log: ModelLog) => Promise<T>): Promise<T> => {
    const answer = await ask(real);
    compare(what, answer, await ask(twin));
    return answer;
  };

  const compareContents = async (what: string): Promise<void> => {
    const ours = await real.contents();
    const theirs = await twin.contents();
    const shared = [...theirs.messages].sort(([a], [b]) => (a < b ? -1 : 1));
    const messages = new Map(shared.map(([id, { hash, isDeleted }]) => [id, { hash, isDeleted }]));
    compare(`the contents after ${what}`, ours, { ...theirs, messages });
  };

  const bothWriters = (ours: ModelWriter, theirs: ModelWriter): ModelWriter => {
    const write = async <T>(what: string, ask: (writer: ModelWriter) => Promise<T>): Promise<T> => {
      const answer = ask(ours);
      compare(what, await outcomeOf(() => answer), await outcomeOf(() => ask(theirs)));
      await compareContents(what);
      return answer;
    };
    const show = (changes: readonly Change[]): string => `an append of ${changes.length}`;
    return {
      term: ours.term,
      precedingTerm: ours.precedingTerm,
      acquiredSeq: ours.acquiredSeq,
      append: (changes) => write(show(changes), (writer) => writer.append(changes)),
      appendUnacknowledged: (changes) =>
        write(`${show(changes)}, unacknowledged`, (writer) => writer.appendUnacknowledged(changes)),
      renew: (status) => write('a renewal', (writer) => writer.renew(status)),
      release: () => write('a release', (writer) => writer.release()),
    };
  };

  const change = async (what: string, ask: (log: ModelLog) => Promise<void>): Promise<void> => {
    await ask(real);
    await ask(twin);
    await compareContents(what);
  };

  return {
    get comparisons() {
      return comparisons;
    },
    read: (fromSeq, limit) => both('a read', (log) => log.read(fromSeq, limit)),
    tail: (limit) => both('a tail', (log) => log.tail(limit)),
    locate: (seq) => both('a locate', (log) => log.locate(seq)),
    oldest: () => both('the oldest', (log) => log.oldest()),
    positionAt: (timeMs) => both(`the position at ${timeMs}`, (log) => log.positionAt(timeMs)),
    async acquire(holder) {
      const ours = await real.acquire(holder);
      if (ours !== null) twin.grantNext(ours.term);
      const theirs = await twin.acquire(holder);
      compare('an acquire', ours?.term, theirs?.term);
      await compareContents('an acquire');
      return ours === null || theirs === null ? null : bothWriters(ours, theirs);
    },
    expireLease: () => change('an expiry', (log) => log.expireLease()),
    pruneOldest: (limit) => change('a prune', (log) => log.pruneOldest(limit)),
    failOver: (commits) => change('a failover', (log) => log.failOver(commits)),
    contents: () => real.contents(),
    reset: () => change('a reset', (log) => log.reset()),
  };
}
