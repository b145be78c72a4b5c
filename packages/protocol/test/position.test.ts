import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatPosition, parsePosition } from '../src/index.ts';

const MAX = Number.MAX_SAFE_INTEGER;

describe('position', () => {
  it('round-trips through its wire form', () => {
    const place = fc.record({ term: fc.integer({ min: 0, max: MAX }), seq: fc.integer({ min: 0, max: MAX }) });
    fc.assert(fc.property(place, (position) => expect(parsePosition(formatPosition(position))).toEqual(position)));
  });

  it('has one spelling only: every string either is canonical or is refused', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const position = parsePosition(text);
        if (position !== null) expect(formatPosition(position)).toBe(text);
      }),
    );
  });

  it.each([
    '',
    ':',
    '1',
    '1:',
    ':1',
    'a:b',
    '-1:2',
    '1:-2',
    '01:2',
    '1:02',
    '1:2:3',
    ' 1:2',
    '1:2\n',
    '1.5:2',
    '1e3:2',
    '0x1:2',
    '9007199254740992:1',
    '1:9007199254740993',
    '99999999999999999999:1',
    '１:２',
  ])('refuses %j', (text) => {
    expect(parsePosition(text)).toBeNull();
  });
});
