import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Change } from '../src/index.ts';
import { type Entry, type Reduction, reduce, type StoredState } from '../src/reduce.ts';
import { channel, deletion, message } from './support/changes.ts';

const reduceOne = (before: Partial<StoredState> | null, ...changes: readonly Change[]): Reduction => {
  const state = { hash: 'old', editedAtMs: null, observedAt: 100, revision: 2, isDeleted: false, parentId: null };
  const rest = { authorId: '900', tally: null, tallyAt: 100 };
  return reduce(before === null ? new Map() : new Map([['1', { ...state, ...rest, ...before }]]), changes);
};
const verdict = ({ entries, dropped }: Reduction) => {
  const reason = Object.entries(dropped).find(([, count]) => count > 0)?.[0];
  return entries[0] === undefined ? reason : [entries[0].route.type, entries[0].row?.revision];
};

describe('reduce: one change against what is stored', () => {
  const rules: readonly (readonly [string, Partial<StoredState> | null, Change, unknown])[] = [
    ['an unknown complete message is created', null, message('1', 'x'), ['MESSAGE_CREATE', 0]],
    ['an unknown edited message is created too', null, message('1', 'x', { editedAtMs: 9 }), ['MESSAGE_CREATE', 0]],
    ['an incomplete one is dropped when unknown', null, message('1', 'x', { isComplete: false }), 'incomplete'],
    [
      'an incomplete one is dropped when stored',
      {},
      message('1', 'x', { isComplete: false, observedAt: 101 }),
      'incomplete',
    ],
    ['nothing follows a tombstone', { isDeleted: true }, message('1', 'x', { observedAt: 101 }), 'deleted'],
    ['an equal digest is the same', {}, message('1', 'old', { observedAt: 101, editedAtMs: 9 }), 'same'],
    ['seen earlier than stored is stale', {}, message('1', 'x', { observedAt: 99 }), 'stale'],
    ['seen at the same moment is stale', {}, message('1', 'x', { observedAt: 100 }), 'stale'],
    ['an older edit is stale', { editedAtMs: 50 }, message('1', 'x', { observedAt: 101, editedAtMs: 49 }), 'stale'],
    ['never edited is older than any edit', { editedAtMs: 50 }, message('1', 'x', { observedAt: 101 }), 'stale'],
    [
      'a later edit counts',
      { editedAtMs: 50 },
      message('1', 'x', { observedAt: 101, editedAtMs: 51 }),
      ['MESSAGE_UPDATE', 3],
    ],
    ['a first edit counts', {}, message('1', 'x', { observedAt: 101, editedAtMs: 1 }), ['MESSAGE_UPDATE', 3]],
    [
      'the same edit time is a refresh',
      { editedAtMs: 50 },
      message('1', 'x', { observedAt: 101, editedAtMs: 50 }),
      ['MESSAGE_UPDATE', 2],
    ],
    ['an unedited refresh is one too', {}, message('1', 'x', { observedAt: 101 }), ['MESSAGE_UPDATE', 2]],
    ['an unknown delete leaves a tombstone', null, deletion('1'), ['MESSAGE_DELETE', 0]],
    ['a delete is never stale', {}, deletion('1', { observedAt: 1 }), ['MESSAGE_DELETE', 2]],
    ['a second delete is dropped', { isDeleted: true }, deletion('1'), 'deleted'],
  ];
  it.each(rules)('%s', (_, before, change, expected) => {
    expect(verdict(reduceOne(before, change))).toEqual(expected);
  });

  it('a delete blanks the events of its own batch and keeps one row', () => {
    const { entries, purges } = reduceOne(
      null,
      message('1', 'secret', { origin: 'backfill' }),
      message('2', 'x'),
      deletion('1'),
    );

    expect(entries.map(({ payload, row }) => [payload.includes('secret'), row?.isDeleted])).toEqual([
      [false, undefined],
      [false, false],
      [false, true],
    ]);
    expect(JSON.parse(entries[0]?.payload ?? '')).toMatchObject({ id: '1', purged: true, origin: 'backfill' });
    expect(purges.map(({ id }) => id)).toEqual(['1']);
  });

  it('a channel seen twice in a batch keeps the first baseline and the latest name', () => {
    const { channels } = reduceOne(
      null,
      channel('5', { baselineMessageId: '7' }),
      channel('5', { name: 'n', baselineMessageId: '9' }),
    );

    expect(channels).toMatchObject([{ id: '5', change: { name: 'n', baselineMessageId: '7' } }]);
  });
});

// Few ids, digests and edit times, so that everything collides with everything.
const changeArbitrary = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('message' as const),
      id: fc.integer({ min: 1, max: 4 }),
      text: fc.integer({ min: 1, max: 4 }),
      editedAtMs: fc.option(fc.integer({ min: 1, max: 4 })),
      isComplete: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), id: fc.integer({ min: 1, max: 4 }) }) },
);
const batchArbitrary = fc
  .tuple(
    fc.array(changeArbitrary, { maxLength: 30 }),
    fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 30, maxLength: 30 }),
  )
  // Mostly in the order of observation, with some that arrive late.
  .map(([specs, jitters]) =>
    specs.map((spec, index): Change => {
      const observedAt = 1_000 + index * 2 + (jitters[index] ?? 0);
      if (spec.kind === 'delete') return deletion(String(spec.id), { observedAt });
      const { id, text, editedAtMs, isComplete } = spec;
      return message(String(id), `text ${text}`, { observedAt, editedAtMs, isComplete });
    }),
  );

describe('reduce: properties', () => {
  const fromRows = (store: ReadonlyMap<string, StoredState>, { entries }: Reduction) => {
    const next = new Map(store);
    for (const { route, row } of entries) if (row !== null && route.messageId !== null) next.set(route.messageId, row);
    return next;
  };
  const fromMemory = (store: ReadonlyMap<string, StoredState>, { states }: Reduction) => new Map([...store, ...states]);

  it('I8: feeding a batch again changes nothing, judged by what was written (another process)', () => {
    fc.assert(
      fc.property(batchArbitrary, batchArbitrary, (history, batch) => {
        const before = fromRows(new Map(), reduce(new Map(), history));
        const after = fromRows(before, reduce(before, batch));

        expect(reduce(after, batch).entries).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('I8: feeding any part of it again changes nothing, judged by what is remembered (the same writer)', () => {
    fc.assert(
      fc.property(batchArbitrary, fc.nat(30), fc.nat(30), (batch, from, to) => {
        const after = fromMemory(new Map(), reduce(new Map(), batch));

        expect(reduce(after, batch.slice(from, to)).entries).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('I8: how changes are cut into batches makes no difference to the log', () => {
    fc.assert(
      fc.property(batchArbitrary, fc.nat(30), (changes, cut) => {
        const first = reduce(new Map(), changes.slice(0, cut));
        const second = reduce(fromMemory(new Map(), first), changes.slice(cut));
        const routes = (entries: readonly Entry[]) => entries.map(({ route }) => route);

        expect(routes([...first.entries, ...second.entries])).toEqual(routes(reduce(new Map(), changes).entries));
      }),
      { numRuns: 1_000 },
    );
  });

  it('I8: every change is either one event or counted as dropped, and a message has at most one row', () => {
    fc.assert(
      fc.property(batchArbitrary, (changes) => {
        const { entries, dropped, purges } = reduce(new Map(), changes);
        const rows = entries.filter(({ row }) => row !== null).map(({ route }) => route.messageId);
        const deletes = entries.filter(({ route }) => route.type === 'MESSAGE_DELETE');

        expect(entries.length + Object.values(dropped).reduce((sum, count) => sum + count, 0)).toBe(changes.length);
        expect(new Set(rows).size).toBe(rows.length);
        expect(new Set(rows)).toEqual(new Set(entries.map(({ route }) => route.messageId)));
        expect(purges.map(({ id }) => id)).toEqual(deletes.map(({ route }) => route.messageId));
        for (const { route, payload } of entries) {
          expect(JSON.parse(payload)).toMatchObject({ id: route.messageId, origin: 'live' });
        }
      }),
    );
  });
});
