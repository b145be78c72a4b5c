import { type EncodedEvent, encodeEvent } from '@dms/broker';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRing, isPurging } from '../../src/feed/ring.ts';

const event = (seq: number, messageId = String(seq), type = 'MESSAGE_CREATE'): EncodedEvent =>
  encodeEvent({
    type,
    term: 7,
    seq,
    guildId: '1',
    channelId: '2',
    parentId: null,
    authorId: type === 'MESSAGE_DELETE' ? null : '3',
    messageId,
    payload: `{"id":"${messageId}","content":"secret ${seq}","origin":"backfill"}`,
  });

const textOf = (held: EncodedEvent | undefined): string => held?.frame.toString() ?? '';

describe('ring', () => {
  it('I4, I9: holds the newest contiguous run within its limits', () => {
    const pushes = fc.record({ count: fc.integer({ min: 0, max: 200 }), maxEvents: fc.integer({ min: 1, max: 50 }) });
    fc.assert(
      fc.property(pushes, ({ count, maxEvents }) => {
        const ring = createRing({ maxEvents, maxBytes: 1_000_000 });
        ring.reset([], 11);
        for (let seq = 11; seq < 11 + count; seq += 1) ring.push(event(seq));
        const held = Math.min(count, maxEvents);
        expect([ring.firstSeq, ring.nextSeq]).toEqual([11 + count - held, 11 + count]);
        for (let seq = ring.firstSeq; seq < ring.nextSeq; seq += 1) expect(ring.get(seq)?.seq).toBe(seq);
        expect(ring.get(ring.firstSeq - 1)).toBeUndefined();
        expect(ring.get(ring.nextSeq)).toBeUndefined();
      }),
    );
  });

  it('I9: counts bytes too, and always keeps the newest event', () => {
    const ring = createRing({ maxEvents: 100, maxBytes: 500 });
    for (let seq = 1; seq <= 20; seq += 1) ring.push(event(seq));
    expect(ring.bytes).toBeLessThanOrEqual(500);
    expect(ring.get(20)?.seq).toBe(20);
  });

  it('purges every earlier event of a message and leaves ids and origin', () => {
    const ring = createRing();
    ring.push(event(1, '100'));
    ring.push(event(2, '200'));
    ring.push(event(3, '100', 'MESSAGE_UPDATE'));
    ring.push(event(4, '100', 'MESSAGE_DELETE'));
    expect(ring.purge('100', 4)).toEqual([1, 3]);
    expect(textOf(ring.get(1))).not.toContain('secret');
    expect(JSON.parse(textOf(ring.get(3)))).toMatchObject({
      t: 'MESSAGE_UPDATE',
      s: 3,
      d: { id: '100', purged: true, origin: 'backfill' },
    });
    expect(textOf(ring.get(2))).toContain('secret 2');
  });

  it('blanks what was read from the log before a delete that is already held', () => {
    const ring = createRing();
    ring.push(event(4, '100', 'MESSAGE_DELETE'));
    expect(textOf(ring.current(event(1, '100')))).not.toContain('secret');
    expect(textOf(ring.current(event(1, '300')))).toContain('secret');
  });

  it('takes an update without somebody who was erased as the end of what was held of the message, and no other', () => {
    const update = (seq: number, payload: string): EncodedEvent =>
      encodeEvent({ ...event(seq, '100', 'MESSAGE_UPDATE'), payload });
    const redacted = update(3, '{"id":"100","revision":0,"redacted":true,"origin":"reconcile"}');
    const said = update(2, '{"id":"100","poll":{"x":1,"redacted":true},"origin":"reconcile"}');
    expect([redacted, said, event(1, '100')].map(isPurging)).toEqual([true, false, false]);
    const ring = createRing();
    ring.push(event(2, '100'));
    ring.push(redacted);
    expect(textOf(ring.current(event(1, '100')))).not.toContain('secret');
    expect(ring.purge('100', 3)).toEqual([2]);
    expect(ring.get(3)).toBe(redacted);
  });
});
