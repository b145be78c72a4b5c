import { encodeEvent } from '@dms/broker';
import { createFilter } from '@dms/protocol';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createSharedLog, type SharedLog } from '../../src/fan-out/shared-log.ts';
import { webSocketFraming } from '../../src/websocket/websocket-framing.ts';
import { readFrames } from './read-frames.ts';

const event = (seq: number, textLength = 10) =>
  encodeEvent({
    type: 'MESSAGE_CREATE',
    term: 7,
    seq,
    guildId: '1',
    channelId: '2',
    parentId: null,
    authorId: '3',
    messageId: String(seq),
    payload: JSON.stringify({ id: String(seq), content: 'x'.repeat(textLength) }),
  });

/** Everything a connection at `offset` would be sent, as seqs, and where it ends up. */
function drain(log: SharedLog, offset: number): { readonly seqs: readonly number[]; readonly offset: number } {
  const seqs: number[] = [];
  let at = offset;
  for (let slice = log.sliceAt(at); slice !== null; slice = log.sliceAt(at)) {
    const frames = readFrames(slice.bytes);
    expect(frames).toHaveLength(slice.frames);
    seqs.push(...frames.map(({ s }) => s));
    at += slice.bytes.length;
  }
  return { seqs, offset: at };
}

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

describe('shared log', () => {
  it('hands out whole frames in order, whatever their sizes and wherever a reader stands', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 60_000, max: 70_000 })), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(sizes, fc.nat(), (lengths, start) => {
        const log = createSharedLog(createFilter({}), webSocketFraming, { term: 7, seq: 0 });
        for (const [index, length] of lengths.entries()) log.append(event(index + 1, length));
        const after = start % (lengths.length + 1);
        expect(drain(log, log.offsetAfter(after))).toEqual({
          seqs: range(after + 1, lengths.length),
          offset: log.endOffset,
        });
      }),
      { numRuns: 50 },
    );
  });

  it('gives readers at one place the very same bytes', () => {
    const log = createSharedLog(createFilter({}), webSocketFraming, { term: 7, seq: 0 });
    log.append(event(1));
    expect(log.sliceAt(0)).toBe(log.sliceAt(0));
  });

  it('I9: hands out at most 64 KiB at a time, or one larger frame', () => {
    const log = createSharedLog(createFilter({}), webSocketFraming, { term: 7, seq: 0 });
    for (const seq of range(1, 300)) log.append(event(seq, 1_000));
    log.append(event(301, 100_000));
    // Beyond the first segments, which are small.
    const offset = log.offsetAfter(150);
    const first = log.sliceAt(offset);
    expect(first?.bytes.length).toBeLessThanOrEqual(64 * 1024);
    expect(first?.bytes.length).toBeGreaterThan(60 * 1024);
    log.append(event(302));
    expect(log.sliceAt(offset)).toBe(first);
    expect(log.sliceAt(log.offsetAfter(300))).toMatchObject({ frames: 1 });
    expect(drain(log, 0).seqs).toEqual(range(1, 302));
  });

  it('tells the position of a reader between any two frames', () => {
    const log = createSharedLog(createFilter({}), webSocketFraming, { term: 6, seq: 40 });
    expect(log.positionAt(0)).toEqual({ term: 6, seq: 40 });
    for (const seq of [41, 45, 49]) log.append(event(seq));
    expect(log.positionAt(log.offsetAfter(44))).toMatchObject({ term: 7, seq: 41 });
    expect(log.positionAt(log.endOffset)).toMatchObject({ term: 7, seq: 49 });
  });

  it('I9: forgets from the oldest on and says where it now begins', () => {
    const log = createSharedLog(createFilter({}), webSocketFraming, { term: 7, seq: 0 });
    for (const seq of range(1, 1_000)) log.append(event(seq, 1_000));
    const seq = log.seqToFree(200_000);
    expect(seq).not.toBeNull();
    log.raiseFloor(seq ?? 0);
    expect(log.heldBytes).toBeLessThanOrEqual(200_000);
    expect(log.floor).toEqual({ term: 7, seq });
    expect(drain(log, log.floorOffset).seqs).toEqual(range((seq ?? 0) + 1, 1_000));
    expect(log.seqToFree(200_000)).toBeNull();
  });
});
