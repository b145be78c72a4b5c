import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StoredState } from '../src/reduce.ts';
import { createStateWindow } from '../src/state-window.ts';

const state = (revision: number): StoredState => ({
  hash: 'h',
  editedAtMs: null,
  observedAt: 1,
  revision,
  isDeleted: false,
  parentId: null,
  authorId: null,
  tally: null,
  tallyAt: 1,
});

describe('state window', () => {
  it('knows every message while nothing was left out', () => {
    const window = createStateWindow(new Map([['5', state(1)]]), true);

    expect(window.find('5')).toEqual(state(1));
    expect([window.find('4'), window.find('6')]).toEqual([null, null]);
  });

  it('asks for what is older than what was read', () => {
    const window = createStateWindow(
      new Map([
        ['50', state(1)],
        ['70', state(2)],
      ]),
      false,
    );

    expect(window.find('49')).toBeUndefined();
    expect(window.find('9')).toBeUndefined();
    expect([window.find('50'), window.find('60'), window.find('100')]).toEqual([state(1), null, null]);
  });

  it('stays bounded, whatever the order of ids', () => {
    const window = createStateWindow(new Map(), true, 100);
    for (let id = 1_000; id > 0; id--) window.remember(String(id), state(0));

    expect(window.size).toBeLessThanOrEqual(100);
  });

  it('I8: never denies a message that is stored and never invents one', () => {
    const operation = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 60 }));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), fc.integer({ min: 2, max: 12 }), (operations, maxStates) => {
        const stored = new Map<string, StoredState>();
        const window = createStateWindow(new Map(), true, maxStates);
        for (const [index, [isWrite, number]] of operations.entries()) {
          const id = String(number);
          const found = window.find(id);
          if (found !== undefined) expect(found).toEqual(stored.get(id) ?? null);
          if (!isWrite) continue;
          stored.set(id, state(index));
          window.remember(id, state(index));
        }
        expect(window.size).toBeLessThanOrEqual(maxStates);
      }),
    );
  });
});
