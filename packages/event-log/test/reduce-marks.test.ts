import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Change, MarkChange, Tally } from '../src/index.ts';
import { type Reduction, reduce, type StoredState } from '../src/reduce.ts';
import { markId } from '../src/reduction.ts';
import { countOfAnswer, countOfReaction } from '../src/tally.ts';
import { deletion, marking, message } from './support/changes.ts';

// Two messages, three users, two emoji and a poll, whatever happens to them.
const markArbitrary = fc.record({
  id: fc.constantFrom('1', '2'),
  userId: fc.constantFrom('500', '501', '502'),
  isAdded: fc.boolean(),
  what: fc.constantFrom('👍', '🎉', 'burst', 'answer', 'clear 👍', 'clear all', 'edit', 'asked', 'delete'),
  count: fc.integer({ min: 0, max: 3 }),
});
const poll = { results: { is_finalized: false, answer_counts: [] } };
const counted = (count: number): Tally => ({
  reactions: [{ emoji: { id: null, name: '👍' }, count, count_details: { burst: 0, normal: count }, burst_colors: [] }],
  poll,
});
const marksArbitrary = fc.array(markArbitrary, { maxLength: 25 }).map((specs) =>
  specs.map(({ id, userId, isAdded, what, count }): Change => {
    const reaction = (name: string, isBurst = false): Change =>
      marking(id, { kind: 'reaction', emoji: { id: null, name }, isBurst, burstColors: [] }, { userId, isAdded });
    if (what === 'delete') return count === 0 ? deletion(id) : reaction('👍');
    if (what === 'edit') return message(id, `text ${count}`, { editedAtMs: count, tally: { reactions: [], poll } });
    if (what === 'asked') return message(id, 'text', { tally: counted(count + 1), isTallyFresh: true });
    if (what === 'answer') return marking(id, { kind: 'answer', id: 1 }, { userId, isAdded });
    if (what === 'clear all') return marking(id, { kind: 'all-reactions' }, { isAdded: false });
    if (what === 'clear 👍') return marking(id, { kind: 'emoji', emoji: { id: null, name: '👍' } }, { isAdded: false });
    return what === 'burst' ? reaction('👍', true) : reaction(what);
  }),
);

interface Store {
  readonly states: ReadonlyMap<string, StoredState>;
  readonly marks: ReadonlyMap<string, boolean>;
}

/** What the append statement makes of a reduction. */
function applied({ states, marks }: Store, reduction: Reduction): Store {
  const rows = new Map(states);
  for (const { row } of reduction.entries) if (row !== null) rows.set(row.id, row);
  for (const { messageId, tally, tallyAt } of reduction.tallies) {
    const row = rows.get(messageId);
    if (row !== undefined) rows.set(messageId, { ...row, tally, tallyAt });
  }
  const kept = [...marks].filter(([id]) => {
    const [messageId = '', , key = ''] = id.split(' ');
    const isCleared = ({ messageId: of, key: which }: { readonly messageId: string; readonly key: string | null }) =>
      of === messageId && (which === null ? !key.startsWith('answer:') : which === key);
    return !reduction.clearedMarks.some(isCleared) && !reduction.purges.some((purge) => purge.id === messageId);
  });
  const set = reduction.marks.map(
    ({ messageId, key, userId, isSet }) => [markId(messageId, key, userId), isSet] as const,
  );
  return { states: rows, marks: new Map([...kept, ...set]) };
}

describe('reduce: properties of reactions and votes', () => {
  const around = (marks: ReadonlyMap<string, boolean>) => ({
    marks,
    guilds: new Map(),
    channels: new Map(),
    gaps: new Map(),
  });
  const feed = (store: Store, changes: readonly Change[]) => {
    const reduction = reduce(store.states, changes, around(store.marks));
    return { reduction, store: applied(store, reduction) };
  };
  const empty: Store = { states: new Map(), marks: new Map() };

  it('I8: feeding a batch again changes nothing', () => {
    fc.assert(
      fc.property(marksArbitrary, marksArbitrary, (history, batch) => {
        const { store } = feed(feed(empty, history).store, batch);
        const again = feed(store, batch);

        expect(again.reduction.entries).toEqual([]);
        expect(again.store).toEqual(store);
      }),
      { numRuns: 1_000 },
    );
  });

  it('I8: how changes are cut into batches makes no difference to log, counts and marks', () => {
    fc.assert(
      fc.property(marksArbitrary, fc.nat(25), (changes, cut) => {
        const first = feed(empty, changes.slice(0, cut));
        const second = feed(first.store, changes.slice(cut));
        const whole = feed(empty, changes);
        const types = ({ entries }: Reduction) => entries.map(({ route }) => route.type);

        expect([...types(first.reduction), ...types(second.reduction)]).toEqual(types(whole.reduction));
        expect(second.store).toEqual(whole.store);
      }),
      { numRuns: 1_000 },
    );
  });

  it('I8: Discord repeating each dispatch at once makes no difference', () => {
    fc.assert(
      fc.property(marksArbitrary, (changes) => {
        const once = feed(empty, changes).store;
        let stamp = 1_000_000_000;
        const repeat = (change: Change): readonly Change[] =>
          change.kind === 'mark' || change.kind === 'message'
            ? [
                { ...change, observedAt: ++stamp },
                { ...change, observedAt: ++stamp },
              ]
            : [change];
        const twice = feed(empty, changes.flatMap(repeat)).store;
        const counts = ({ states }: Store) => [...states].map(([id, { tally }]) => [id, tally]);

        expect(counts(twice)).toEqual(counts(once));
      }),
      { numRuns: 500 },
    );
  });

  it('counts whom a set would hold, and an event is what changes the set', () => {
    fc.assert(
      fc.property(marksArbitrary, (changes) => {
        const sets = new Map<string, Set<string>>();
        const created = ['1', '2'].map((id) => message(id, 'x', { tally: { reactions: [], poll }, observedAt: 0 }));
        const marks = changes.flatMap((change) => (change.kind === 'mark' ? [change] : []));
        const isChange = marks.map((change) => changesSet(sets, change));
        // Somebody who never set the mark takes it back: believed, because it may have been counted before we listened.
        fc.pre(!isChange.includes(null));
        const { reduction, store } = feed(empty, [...created, ...marks]);
        const expected = marks.filter((_, index) => isChange[index]).map(({ id }) => id);

        expect(reduction.entries.slice(2).map(({ route }) => route.messageId)).toEqual(expected);
        for (const id of ['1', '2']) {
          const { tally = null } = store.states.get(id) ?? {};
          const size = (key: string): number => sets.get(`${id} ${key}`)?.size ?? 0;
          expect(countOfReaction(tally, { id: null, name: '👍' }, false)).toBe(size('👍'));
          expect(countOfReaction(tally, { id: null, name: '👍' }, true)).toBe(size('👍 burst'));
          expect(countOfReaction(tally, { id: null, name: '🎉' }, false)).toBe(size('🎉'));
          expect(countOfAnswer(tally, 1)).toBe(size('answer'));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

/** The plainest way to count: a set of users for each message and mark. True when something changed; null when a user takes
 *  back what others have and this one never had. */
function changesSet(sets: Map<string, Set<string>>, { id, mark, userId, isAdded }: MarkChange): boolean | null {
  const clear = (keys: readonly string[]): boolean => {
    const counted = keys.filter((key) => (sets.get(`${id} ${key}`)?.size ?? 0) > 0);
    for (const key of counted) {
      sets.delete(`${id} ${key}`);
      sets.delete(`${id} ${key} gone`);
    }
    return counted.length > 0;
  };
  if (mark.kind === 'all-reactions') return clear(['👍', '👍 burst', '🎉']);
  if (mark.kind === 'emoji') return clear(['👍', '👍 burst']);
  const key = `${id} ${mark.kind === 'answer' ? 'answer' : `${mark.emoji.name}${mark.isBurst ? ' burst' : ''}`}`;
  const set = sets.get(key) ?? new Set();
  const gone = sets.get(`${key} gone`) ?? new Set();
  sets.set(key, set).set(`${key} gone`, gone);
  if (userId === null) return false;
  if (!isAdded && !set.has(userId) && !gone.has(userId) && set.size > 0) return null;
  if (set.has(userId) === isAdded) return false;
  if (isAdded) set.add(userId);
  else set.delete(userId);
  if (!isAdded) gone.add(userId);
  // With the last one everybody is forgotten.
  if (set.size === 0) gone.clear();
  return true;
}
