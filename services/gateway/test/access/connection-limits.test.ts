import { describe, expect, it } from '@jest/globals';
import { type Admission, createConnectionLimits } from '../../src/access/connection-limits.ts';

const outcome = (admission: Admission): string => (admission.ok ? 'ok' : admission.reason);

function release(admission: Admission): void {
  if (admission.ok) admission.release();
}

describe('I9: connection limits', () => {
  it('refuses one address beyond its share and lets others in', () => {
    const limits = createConnectionLimits({ maxTotal: 10, maxPerAddress: 2 });
    const outcomes = ['1.1.1.1', '1.1.1.1', '1.1.1.1', '2.2.2.2'].map((address) => outcome(limits.admit(address)));
    expect(outcomes).toEqual(['ok', 'ok', 'per-address', 'ok']);
  });

  it('refuses everybody beyond the total', () => {
    const limits = createConnectionLimits({ maxTotal: 2, maxPerAddress: 2 });
    const outcomes = ['1.1.1.1', '2.2.2.2', '3.3.3.3'].map((address) => outcome(limits.admit(address)));
    expect(outcomes).toEqual(['ok', 'ok', 'total']);
  });

  it('counts one IPv6 subscriber as one, whatever address it chooses', () => {
    const limits = createConnectionLimits({ maxTotal: 10, maxPerAddress: 1 });
    const outcomes = ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1'].map((address) => outcome(limits.admit(address)));
    expect(outcomes).toEqual(['ok', 'per-address', 'ok']);
  });

  it('gives a place back once, however often it is released', () => {
    const limits = createConnectionLimits({ maxTotal: 2, maxPerAddress: 0 });
    const first = limits.admit('1.1.1.1');
    limits.admit('1.1.1.1');
    release(first);
    release(first);
    expect([outcome(limits.admit('1.1.1.1')), outcome(limits.admit('1.1.1.1'))]).toEqual(['ok', 'total']);
  });

  it('does not count refusals', () => {
    const limits = createConnectionLimits({ maxTotal: 0, maxPerAddress: 1 });
    const first = limits.admit('1.1.1.1');
    limits.admit('1.1.1.1');
    release(first);
    expect(outcome(limits.admit('1.1.1.1'))).toBe('ok');
  });

  it('knows how many addresses hold a place, and forgets those that left', () => {
    const limits = createConnectionLimits({ maxTotal: 0, maxPerAddress: 2 });
    const held = ['1.1.1.1', '1.1.1.1', '1.1.1.1', '2.2.2.2', '2001:db8::1', '2001:db8::2'].map(limits.admit);
    expect(limits.addresses).toBe(3);
    for (const admission of held.slice(1)) release(admission);
    expect(limits.addresses).toBe(1);
  });

  it('has no limit at 0', () => {
    const limits = createConnectionLimits({ maxTotal: 0, maxPerAddress: 0 });
    expect(Array.from({ length: 100 }, () => outcome(limits.admit('1.1.1.1'))).every((one) => one === 'ok')).toBe(true);
  });
});
