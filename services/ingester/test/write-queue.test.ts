import { describe, expect, it } from '@jest/globals';
import { createWriteQueue } from '../src/write-queue.ts';
import { deletion, messageChange, reaction } from './support/changes.ts';

const ids = ({ changes }: { readonly changes: readonly { readonly id: string }[] }): readonly string[] =>
  changes.map(({ id }) => id);
const never = new AbortController().signal;
const MINUTE_MS = 60_000;
const NOTHING = { changes: [], session: null };
const session = (sequence: number) => ({
  ...{ bot: 'b', fingerprint: 'f', sessionId: 's', resumeUrl: 'wss://x', hasMessageContent: true },
  sequence,
});
const range = (first: number, last: number): readonly string[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => String(first + index));

describe('write queue', () => {
  it('I9: takes no more changes than stated, and goes on in order after a confirmation', async () => {
    const queue = createWriteQueue({ maxChanges: 2, maxBytes: 1e6 });
    expect(['1', '2', '3'].map((id) => queue.push(deletion(id)))).toEqual([true, true, false]);
    queue.confirm(1);
    expect(queue.push(deletion('4'))).toBe(true);
    expect(ids(await queue.peek(10, 0, never))).toEqual(['2', '4']);
  });

  it('I9: takes no more bytes than stated, and gives the room back when they are written', () => {
    const queue = createWriteQueue({ maxChanges: 100, maxBytes: 3_000 });
    const seen = { hash: '', eventPayload: '', origin: 'live', observedAt: 1, isNews: false } as const;
    const large = { kind: 'guild', id: '1', name: '', payload: 'x'.repeat(2_000), ...seen } as const;
    expect([queue.push(large), queue.push(large)]).toEqual([true, false]);
    queue.confirm(1);
    expect(queue.bytes).toBe(0);
    expect(queue.push(large)).toBe(true);
  });

  it('says when history should wait for live dispatches', () => {
    const queue = createWriteQueue({ maxChanges: 4, maxBytes: 1e6 });
    expect(queue.hasRoom).toBe(true);
    queue.push(deletion('1'));
    queue.push(deletion('2'));
    expect(queue.hasRoom).toBe(false);
  });

  it('what was taken and not confirmed is taken again, with what followed', async () => {
    const queue = createWriteQueue();
    queue.push(deletion('1'));
    expect(ids(await queue.peek(500, 0, never))).toEqual(['1']);
    queue.push(deletion('2'));
    expect(ids(await queue.peek(500, 0, never))).toEqual(['1', '2']);
  });

  it('wakes the waiting writer with the first change', async () => {
    const queue = createWriteQueue();
    const peeked = queue.peek(500, MINUTE_MS, never);
    queue.push(deletion('1'));
    expect(ids(await peeked)).toEqual(['1']);
  });

  it('lets the writer go empty-handed after the stated time, and at once when aborted', async () => {
    const queue = createWriteQueue();
    expect(await queue.peek(500, 5, never)).toEqual(NOTHING);
    const stopping = new AbortController();
    const peeked = queue.peek(500, MINUTE_MS, stopping.signal);
    stopping.abort();
    expect(await peeked).toEqual(NOTHING);
    expect(await queue.peek(500, MINUTE_MS, stopping.signal)).toEqual(NOTHING);
  });

  it('keeps order and accounts over many thousands', async () => {
    const queue = createWriteQueue();
    const seen: string[] = [];
    let next = 0;
    while (seen.length < 30_000) {
      for (const id of range(next + 1, Math.min(next + 700, 30_000))) queue.push(deletion(id));
      next += 700;
      const batch = await queue.peek(500, 0, never);
      seen.push(...ids(batch));
      queue.confirm(batch.changes.length);
    }
    expect(seen).toEqual(range(1, 30_000));
    expect([queue.size, queue.bytes]).toEqual([0, 0]);
  });

  it('a batch says how far Discord is covered by it: by no dispatch that is not in it as a whole', async () => {
    const queue = createWriteQueue();
    queue.mark(session(1));
    expect(queue.settled).toEqual(session(1));
    for (const id of ['1', '2', '3']) queue.push(deletion(id));
    queue.mark(session(2));
    queue.mark(session(3));
    queue.push(deletion('4'));
    queue.mark(session(4));
    queue.push(deletion('5'));
    expect(queue.settled).toEqual(session(1));
    expect((await queue.peek(2, 0, never)).session).toEqual(session(1));
    expect((await queue.peek(3, 0, never)).session).toEqual(session(3));
    expect((await queue.peek(10, 0, never)).session).toEqual(session(4));
    queue.confirm(3);
    expect(queue.settled).toEqual(session(3));
    expect((await queue.peek(1, 0, never)).session).toEqual(session(4));
    queue.confirm(2);
    expect(queue.settled).toEqual(session(4));
    queue.mark(session(5));
    expect(queue.settled).toEqual(session(5));
    queue.clear();
    expect(await queue.peek(1, 0, never)).toEqual(NOTHING);
  });

  it('what waits behind fills what live changes leave of a batch, in order, and counts for nothing before', async () => {
    const queue = createWriteQueue();
    for (const id of ['1', '2', '3']) queue.pushBehind(messageChange(id));
    queue.push(deletion('9'));
    queue.mark(session(1));
    expect(queue.size).toBe(1);
    const batch = await queue.peek(3, 0, never);
    expect(ids(batch)).toEqual(['9', '1', '2']);
    expect(batch.session).toEqual(session(1));
    queue.push(deletion('10'));
    // What was taken stays at the front until it is confirmed.
    expect(ids(await queue.peek(5, 0, never))).toEqual(['9', '1', '2', '10', '3']);
    queue.confirm(5);
    expect([queue.size, queue.bytes]).toEqual([0, 0]);
  });

  it('wakes the waiting writer with what waits behind, too', async () => {
    const queue = createWriteQueue();
    const peeked = queue.peek(500, MINUTE_MS, never);
    queue.pushBehind(messageChange('1'));
    expect(ids(await peeked)).toEqual(['1']);
  });

  it('a reaction goes behind its message, which may be waiting', async () => {
    const queue = createWriteQueue();
    for (const id of ['1', '2']) queue.pushBehind(messageChange(id));
    queue.push(reaction('2'));
    queue.push(reaction('3'));
    expect((await queue.peek(10, 0, never)).changes.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      ...['message 1', 'message 2', 'mark 2', 'mark 3'],
    ]);
  });

  it('I9: takes half as much behind, and says earlier that it is enough', () => {
    const queue = createWriteQueue({ maxChanges: 4, maxBytes: 1e6 });
    expect(['1', '2', '3'].map((id) => queue.pushBehind(messageChange(id)))).toEqual([true, true, false]);
    const large = createWriteQueue();
    for (const id of range(1, 1_499)) large.pushBehind(messageChange(id));
    expect(large.hasRoomBehind).toBe(true);
    large.pushBehind(messageChange('1500'));
    expect(large.hasRoomBehind).toBe(false);
  });

  it('forgets what waits of a channel and its threads', async () => {
    const queue = createWriteQueue();
    queue.pushBehind(messageChange('1', { channelId: '10' }));
    queue.pushBehind(messageChange('2', { channelId: '20' }));
    queue.pushBehind(messageChange('3', { channelId: '11', parentId: '10' }));
    queue.dropBehind('10');
    queue.push(reaction('1'));
    expect(ids(await queue.peek(10, 0, never))).toEqual(['1', '2']);
  });
});
