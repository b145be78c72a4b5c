import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { idAt, objectAt, objectsIn, sanitise, sanitiseObject, stringsIn } from '../src/sanitise.ts';

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

const brokenText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', '\u0000', '\ud83d', '\ude00', '\udfff', '"', '\\') }),
);
const anything = fc.anything({
  key: fc.oneof(brokenText, fc.constantFrom('__proto__', '__pro\u0000to__', 'constructor', 'toJSON')),
  values: [brokenText, fc.double(), fc.boolean(), fc.constant(null), fc.constant(undefined), fc.bigInt()],
  maxDepth: 5,
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function nested(levels: number): unknown {
  let value: unknown = 'core';
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { inner: value };
  return value;
}

describe('sanitise', () => {
  it('whatever comes in, the output is JSON that PostgreSQL can hold: no NUL, no lone surrogate', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const clean = sanitise(value);
        const text = JSON.stringify(clean);
        expect(JSON.stringify(JSON.parse(text))).toBe(text);
        expect(text).not.toContain('\\u0000');
        expect(text).not.toMatch(/\\ud[89a-f]/i);
        expect(text).not.toMatch(LONE_SURROGATE);
      }),
      { numRuns: 300 },
    );
  });

  it('cleaning twice changes nothing more', () => {
    fc.assert(fc.property(anything, (value) => expect(sanitise(sanitise(value))).toEqual(sanitise(value))));
  });

  it('clean JSON passes as it is, unknown fields included', () => {
    const isPlain = (value: unknown): boolean => {
      const text = JSON.stringify(value);
      return !text.includes('__proto__') && !text.includes('\\u0000') && !text.includes(':-0') && text.isWellFormed();
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }).filter(isPlain), (value) => {
        expect(JSON.stringify(sanitise(value))).toBe(JSON.stringify(value));
      }),
    );
  });

  it('values below 32 levels become null, and a bottomless one does not exhaust the stack', () => {
    expect(depthOf(sanitise(nested(32)))).toBe(32);
    expect(JSON.stringify(sanitise(nested(32)))).toContain('core');
    expect(JSON.stringify(sanitise(nested(33)))).not.toContain('core');
    expect(depthOf(sanitise(nested(100_000)))).toBe(32);
  });

  it('no field name reaches the prototype, not even one that turns into __proto__ by being cleaned', () => {
    const hostile: unknown = JSON.parse('{"__proto__":{"polluted":1},"__pro\\u0000to__":{"polluted":1},"kept":1}');
    const clean = sanitiseObject(hostile);
    expect(clean).toEqual({ kept: 1 });
    expect(Object.getPrototypeOf(clean)).toBe(Object.prototype);
    expect(clean?.polluted).toBeUndefined();
  });

  it('only objects are dispatch data', () => {
    for (const odd of [null, undefined, 'text', 7, [], [{}]]) expect(sanitiseObject(odd)).toBeNull();
  });
});

describe('reading sanitised fields', () => {
  it('ids are 64-bit decimal strings; numbers have lost digits already', () => {
    for (const odd of [1234567890123456789n.toString().concat('0'), '', '01', '-1', '1.5', 'x', 12, null]) {
      expect(idAt({ id: odd }, 'id')).toBeNull();
    }
    expect(idAt({ id: '9223372036854775807' }, 'id')).toBe('9223372036854775807');
  });

  it('absent and odd fields read as nothing', () => {
    expect(objectAt({ a: [1] }, 'a')).toBeNull();
    expect(objectAt(null, 'a')).toBeNull();
    expect(objectsIn({ a: 1 })).toEqual([]);
    expect(objectsIn([1, { a: 1 }, null])).toEqual([{ a: 1 }]);
    expect(stringsIn([1, 'a', null])).toEqual(['a']);
    expect(stringsIn(undefined)).toEqual([]);
  });
});
