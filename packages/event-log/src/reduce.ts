import type { Change, DeleteChange, MessageChange } from './change.ts';
import type { DropReason } from './event-log.ts';
import {
  blankedPrefix,
  deleteEventPayload,
  messageEnding,
  messageEventPayload,
  originSuffix,
  tombstonePayload,
} from './payload.ts';
import { createDirectoryReducer } from './reduce-directory.ts';
import { createGapReducer } from './reduce-gaps.ts';
import { createMarkReducer } from './reduce-marks.ts';
import type { Entry, MessageRow, Purge, Reduction, StoredState, Surroundings } from './reduction.ts';
import { changedKeys, seenTally, type Tally, tallyText } from './tally.ts';

export type { Entry, Reduction, StoredState, Surroundings } from './reduction.ts';

type Decision =
  | { readonly kind: 'drop'; readonly reason: DropReason }
  | { readonly kind: 'store'; readonly type: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE'; readonly revision: number };

const NOTHING_AROUND: Surroundings = { marks: new Map(), guilds: new Map(), channels: new Map(), gaps: new Map() };

/** Decides what a batch changes: an event is appended iff what is stored changes, and feeding a batch again, in the same
 *  order with the same stamps, changes nothing (I8). Pure; `stored` has the state of every message the batch names, or
 *  nothing for one that was never seen, and `around` the rest of what it names. */
export function reduce(
  stored: ReadonlyMap<string, StoredState>,
  changes: readonly Change[],
  around: Surroundings = NOTHING_AROUND,
): Reduction {
  const states = new Map<string, StoredState>();
  const entries: Entry[] = [];
  const purges: Purge[] = [];
  const dropped = { same: 0, stale: 0, deleted: 0, incomplete: 0 };

  const find = (id: string): StoredState | undefined => states.get(id) ?? stored.get(id);
  const append = (entry: Entry): void => void entries.push(entry);
  const remember = (id: string, state: StoredState): void => void states.set(id, state);
  const drop = (reason: DropReason): void => void dropped[reason]++;
  const marks = createMarkReducer(around.marks, { find, remember, append, drop });
  const directory = createDirectoryReducer(around, append);
  const gaps = createGapReducer(around.gaps);

  const reduceMessage = (change: MessageChange) => {
    const before = find(change.id);
    const tally = nextTally(before, change);
    const decision = decide(before, change, tally !== before?.tally);
    if (decision.kind === 'drop') {
      drop(decision.reason);
      if (before !== undefined && decision.reason === 'same' && change.observedAt > before.observedAt) {
        states.set(change.id, { ...before, observedAt: change.observedAt });
      }
      return;
    }
    const { type, revision } = decision;
    const { id, guildId, channelId, parentId, authorId, hash, editedAtMs, observedAt, origin } = change;
    const tallyAt = tally === before?.tally ? before.tallyAt : observedAt;
    const state = { hash, editedAtMs, observedAt, revision, isDeleted: false, parentId, authorId, tally, tallyAt };
    if (before !== undefined) marks.forget(id, changedKeys(before.tally, tally));
    states.set(id, state);
    const ending = messageEnding(tallyText(tally), origin);
    entries.push({
      route: { type, guildId, channelId, parentId, authorId, messageId: id },
      origin,
      payload: messageEventPayload(change.payload, revision, ending),
      row: rowOf(id, state, null),
      text: { revision, endingBytes: Buffer.byteLength(ending), isSuperseded: false },
    });
  };
  const reduceDelete = (change: DeleteChange) => {
    const before = find(change.id);
    if (before?.isDeleted) return drop('deleted');
    const { id, guildId, channelId, observedAt, origin } = change;
    const parentId = change.parentId ?? before?.parentId ?? null;
    const revision = before?.revision ?? 0;
    const nobody = { authorId: null, tally: null, tallyAt: observedAt };
    const state = { hash: '', editedAtMs: null, observedAt, revision, isDeleted: true, parentId, ...nobody };
    const prefix = blankedPrefix(change);
    for (const [index, entry] of entries.entries()) {
      if (entry.route.messageId !== id) continue;
      const { route, origin } = entry;
      entries[index] = { route, origin, payload: prefix + originSuffix(origin), row: entry.row };
    }
    marks.purge(id);
    states.set(id, state);
    purges.push({ id, prefix });
    entries.push({
      route: { type: 'MESSAGE_DELETE', guildId, channelId, parentId, authorId: null, messageId: id },
      origin,
      payload: deleteEventPayload(change),
      row: rowOf(id, state, tombstonePayload(change, revision)),
    });
  };

  for (const change of changes) {
    if (change.kind === 'message') reduceMessage(change);
    else if (change.kind === 'delete') reduceDelete(change);
    else if (change.kind === 'mark') marks.reduce(change);
    else if (change.kind === 'gap') entries.push(...gaps.reduceGap(change));
    else if (change.kind === 'catch_up' || change.kind === 'backfill') gaps.reduceStep(change);
    else if (change.kind !== 'redact' && change.kind !== 'erasure') directory.reduce(change);
  }
  const withRows = keepLastRows(entries, states);
  const inRows = new Set<string>();
  for (const { row } of withRows) if (row !== null) inRows.add(row.id);
  const beside = { ...marks.outcome(inRows), ...directory.outcome(), ...gaps.outcome() };
  return { entries: withRows, purges, ...beside, dropped, states };
}

/** The very object of before when nothing changed. */
function nextTally(before: StoredState | undefined, change: MessageChange): Tally | null {
  if (before === undefined) return change.tally;
  if (change.observedAt <= before.tallyAt) return before.tally;
  const seen = seenTally(before.tally, change.tally, change.isTallyFresh);
  return tallyText(seen) === tallyText(before.tally) ? before.tally : seen;
}

function decide(before: StoredState | undefined, change: MessageChange, isTallyNew: boolean): Decision {
  if (!change.isComplete) return { kind: 'drop', reason: 'incomplete' };
  if (before === undefined) return { kind: 'store', type: 'MESSAGE_CREATE', revision: 0 };
  if (before.isDeleted) return { kind: 'drop', reason: 'deleted' };
  if (before.hash === change.hash && !isTallyNew) return { kind: 'drop', reason: 'same' };
  if (change.observedAt <= before.observedAt) return { kind: 'drop', reason: 'stale' };
  const editedBefore = before.editedAtMs ?? Number.NEGATIVE_INFINITY;
  const editedNow = change.editedAtMs ?? Number.NEGATIVE_INFINITY;
  if (editedNow < editedBefore) return { kind: 'drop', reason: 'stale' };
  // An equal time is a refresh (unfurl, pin, poll close): the message changed, its author did not.
  const revision = editedNow > editedBefore ? before.revision + 1 : before.revision;
  return { kind: 'store', type: 'MESSAGE_UPDATE', revision };
}

/** Field by field: measured, a literal that begins with a spread costs more than the rest of the reduction. */
const rowOf = (id: string, state: StoredState, payload: string | null): MessageRow => ({
  hash: state.hash,
  editedAtMs: state.editedAtMs,
  observedAt: state.observedAt,
  revision: state.revision,
  isDeleted: state.isDeleted,
  parentId: state.parentId,
  authorId: state.authorId,
  tally: state.tally,
  tallyAt: state.tallyAt,
  id,
  payload,
});

/** One statement may touch a row only once, so only the last entry of each message carries its row, with the last tally. */
function keepLastRows(entries: readonly Entry[], states: ReadonlyMap<string, StoredState>): readonly Entry[] {
  const laterRevisions = new Map<string, number>();
  const keepLast = (entry: Entry): Entry => {
    const { row, text } = entry;
    if (row === null) return entry;
    const later = laterRevisions.get(row.id);
    laterRevisions.set(row.id, row.revision);
    if (later !== undefined && text === undefined) return { ...entry, row: null };
    if (later !== undefined && text !== undefined) {
      return { ...entry, row: null, text: { ...text, isSuperseded: text.revision < later } };
    }
    const { tally, tallyAt } = states.get(row.id) ?? row;
    return tally === row.tally && tallyAt === row.tallyAt ? entry : { ...entry, row: { ...row, tally, tallyAt } };
  };
  const kept = [...entries];
  for (let index = kept.length - 1; index >= 0; index -= 1) {
    const entry = kept[index];
    if (entry !== undefined) kept[index] = keepLast(entry);
  }
  return kept;
}
