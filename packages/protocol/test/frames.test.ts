import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dispatchFrame, isTerminal, parseClientFrame, purgedPayload } from '../src/index.ts';

const event = {
  type: 'MESSAGE_CREATE',
  term: 5,
  seq: 7,
  guildId: '1',
  channelId: '2',
  parentId: null,
  authorId: '3',
  messageId: '4',
  payload: '{"id":"4"}',
};

describe('frames', () => {
  it('wrap a payload without touching it', () => {
    expect(JSON.parse(dispatchFrame(event))).toEqual({ op: 0, t: 'MESSAGE_CREATE', s: 7, p: '5:7', d: { id: '4' } });
  });

  it('of a purged message keep the ids alone', () => {
    const left = { id: '4', channel_id: '2', guild_id: '1', purged: true, origin: 'live' };
    expect(JSON.parse(purgedPayload(event, 'live'))).toEqual(left);
  });

  it('from a client never throw, whatever it sends', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => expect(parseClientFrame(text).kind).toMatch(/\w+/)),
    );
  });

  it.each([
    ['{"op":1}', { kind: 'frame', frame: { op: 1 } }],
    ['{"op":101,"d":{"channel_id":["1"]}}', { kind: 'frame', frame: { op: 101, d: { channel_id: ['1'] } } }],
    ['{"op":2}', { kind: 'unknown-op', op: 2 }],
  ])('understands %s', (text, result) => {
    expect(parseClientFrame(text)).toEqual(result);
  });

  it.each(['', 'hello', '[]', 'null', '{"op":"1"}', '{"op":1.5}', '{}'])('calls %j malformed', (text) => {
    expect(parseClientFrame(text).kind).toBe('malformed');
  });

  it('tell by the close code whether coming back can help', () => {
    expect([1012, 1013, 4000, 4020, 4499].map(isTerminal)).toEqual([false, false, false, false, false]);
    expect([4500, 4504, 4523, 4999].map(isTerminal)).toEqual([true, true, true, true]);
  });
});
