import type { Mark, MarkChange } from './change.ts';
import type { DropReason } from './event-log.ts';
import { withOrigin } from './payload.ts';
import { type ClearedMarks, type Entry, type MarkRow, markId, type StoredState, type TallyRow } from './reduction.ts';
import {
  answerKey,
  countAnswer,
  countOfAnswer,
  countOfReaction,
  countReaction,
  reactionKey,
  type Tally,
  withoutReactions,
} from './tally.ts';

export interface MarkReducer {
  reduce(change: MarkChange): void;
  /** The counts of these keys came from somewhere else: who is behind them is no longer known. */
  forget(messageId: string, keys: readonly string[]): void;
  /** The message is deleted, and with it everything that was put on it. */
  purge(messageId: string): void;
  /** Tallies of messages that are written anyway (`inRows`) travel with their rows. */
  outcome(inRows: ReadonlySet<string>): {
    readonly tallies: readonly TallyRow[];
    readonly marks: readonly MarkRow[];
    readonly clearedMarks: readonly ClearedMarks[];
  };
}

export interface MarkReducerDeps {
  readonly find: (messageId: string) => StoredState | undefined;
  readonly remember: (messageId: string, state: StoredState) => void;
  readonly append: (entry: Entry) => void;
  readonly drop: (reason: DropReason) => void;
}

interface Outcome {
  readonly tally: Tally | null;
  /** Keys whose owners are forgotten because nobody is left; null in it: every reaction. */
  readonly cleared: readonly (string | null)[];
}

/** Counts reactions and votes. Discord repeats dispatches, so a count alone would drift: who set a mark, or took it back, is
 *  remembered as long as the mark counts somebody. What was counted before we listened has no owner; taking such a mark
 *  back is believed once per user. */
export function createMarkReducer(known: ReadonlyMap<string, boolean>, deps: MarkReducerDeps): MarkReducer {
  const set = new Map(known);
  const rows = new Map<string, MarkRow>();
  const cleared = new Map<string, ClearedMarks>();
  const touched = new Set<string>();

  const forgetOne = (messageId: string, key: string | null): void => {
    cleared.set(`${messageId} ${key ?? ''}`, { messageId, key });
    for (const id of [...set.keys()]) {
      if (isOf(id, messageId, key)) set.delete(id);
    }
    for (const [id, row] of rows) {
      if (row.messageId === messageId && (key === null ? isReactionKey(row.key) : row.key === key)) rows.delete(id);
    }
  };

  const setRow = (messageId: string, key: string, userId: string, isSet: boolean): void => {
    const id = markId(messageId, key, userId);
    set.set(id, isSet);
    rows.set(id, { messageId, key, userId, isSet });
  };

  /** Null when nothing changes. */
  const take = (change: MarkChange, tally: Tally | null): Outcome | null => {
    const { id: messageId, mark, userId, isAdded } = change;
    if (mark.kind === 'all-reactions') return cleanse(tally, withoutReactions(tally, null), [null]);
    if (mark.kind === 'emoji') {
      const keys = [reactionKey(mark.emoji, false), reactionKey(mark.emoji, true)];
      return cleanse(tally, withoutReactions(tally, mark.emoji), keys);
    }
    const key = keyOf(mark);
    const count = countOf(mark, tally);
    // Of somebody who opted out: counted, and forgotten whose it is.
    if (userId === null) {
      if (!isAdded && count === 0) return null;
      return { tally: counted(mark, tally, isAdded ? 1 : -1), cleared: !isAdded && count === 1 ? [key] : [] };
    }
    const isSet = set.get(markId(messageId, key, userId));
    if (isAdded ? isSet === true : isSet === false || count === 0) return null;
    const next = counted(mark, tally, isAdded ? 1 : -1);
    if (!isAdded && count === 1) return { tally: next, cleared: [key] };
    setRow(messageId, key, userId, isAdded);
    return { tally: next, cleared: [] };
  };

  return {
    reduce(change) {
      const { id: messageId, guildId, channelId, observedAt, origin } = change;
      const before = deps.find(messageId);
      if (before === undefined) return deps.drop('incomplete');
      if (before.isDeleted) return deps.drop('deleted');
      if (observedAt <= before.tallyAt) return deps.drop('stale');
      if (change.mark.kind === 'answer' && !isOpen(before.tally)) return deps.drop('incomplete');
      const outcome = take(change, before.tally);
      if (outcome === null) return deps.drop('same');
      for (const key of outcome.cleared) forgetOne(messageId, key);
      touched.add(messageId);
      deps.remember(messageId, { ...before, tally: outcome.tally, tallyAt: observedAt });
      const parentId = change.parentId ?? before.parentId;
      deps.append({
        route: { type: eventTypeOf(change), guildId, channelId, parentId, authorId: before.authorId, messageId },
        origin,
        payload: withOrigin(change.payload, origin),
        row: null,
      });
    },
    forget(messageId, keys) {
      for (const key of keys) forgetOne(messageId, key);
    },
    purge(messageId) {
      touched.delete(messageId);
      // The statement that blanks the message removes all its rows.
      for (const [id, row] of rows) if (row.messageId === messageId) rows.delete(id);
      for (const [id, mark] of cleared) if (mark.messageId === messageId) cleared.delete(id);
    },
    outcome(inRows) {
      const tallies = [...touched].flatMap((messageId): readonly TallyRow[] => {
        const state = deps.find(messageId);
        if (state === undefined || inRows.has(messageId)) return [];
        return [{ messageId, tally: state.tally, tallyAt: state.tallyAt }];
      });
      return { tallies, marks: [...rows.values()], clearedMarks: [...cleared.values()] };
    },
  };
}

type OwnedMark = Extract<Mark, { readonly kind: 'reaction' | 'answer' }>;

const keyOf = (mark: OwnedMark): string =>
  mark.kind === 'answer' ? answerKey(mark.id) : reactionKey(mark.emoji, mark.isBurst);
const countOf = (mark: OwnedMark, tally: Tally | null): number =>
  mark.kind === 'answer' ? countOfAnswer(tally, mark.id) : countOfReaction(tally, mark.emoji, mark.isBurst);
const counted = (mark: OwnedMark, tally: Tally | null, delta: 1 | -1): Tally | null =>
  mark.kind === 'answer' ? countAnswer(tally, mark.id, delta) : countReaction(tally, mark, delta);

/** A poll that ended has its final counts from Discord. */
const isOpen = (tally: Tally | null): boolean => tally?.poll?.results.is_finalized === false;

const cleanse = (before: Tally | null, after: Tally | null, cleared: readonly (string | null)[]): Outcome | null =>
  (before?.reactions.length ?? 0) === (after?.reactions.length ?? 0) ? null : { tally: after, cleared };

const isReactionKey = (key: string): boolean => !key.startsWith('answer:');

function isOf(id: string, messageId: string, key: string | null): boolean {
  if (!id.startsWith(`${messageId} `)) return false;
  const itsKey = id.slice(id.indexOf(' ', messageId.length + 1) + 1);
  return key === null ? isReactionKey(itsKey) : itsKey === key;
}

function eventTypeOf({ mark, isAdded }: MarkChange): string {
  if (mark.kind === 'all-reactions') return 'MESSAGE_REACTION_REMOVE_ALL';
  if (mark.kind === 'emoji') return 'MESSAGE_REACTION_REMOVE_EMOJI';
  if (mark.kind === 'answer') return isAdded ? 'MESSAGE_POLL_VOTE_ADD' : 'MESSAGE_POLL_VOTE_REMOVE';
  return isAdded ? 'MESSAGE_REACTION_ADD' : 'MESSAGE_REACTION_REMOVE';
}
