import { describe, expect, it } from '@jest/globals';
import { backoffMs, DEFAULT_BACKOFF } from '../src/backoff.ts';
import { judgeOrder } from '../src/order.ts';
import { serverUrl } from '../src/rest-request.ts';
import { parseServerFrame } from '../src/server-frame.ts';
import { isMessageEvent } from '../src/stream-event.ts';
import { streamProtocols, streamUrl } from '../src/stream-options.ts';

describe('backoff', () => {
  it('doubles its ceiling from 0.5 s to 20 s', () => {
    const ceilings = [0, 1, 2, 3, 4, 5, 6, 7, 100].map((failures) => backoffMs(failures, 1));
    expect(ceilings).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000, 20_000]);
  });

  it('spreads clients over the whole pause, so that they do not come back together', () => {
    expect([0, 0.25, 0.5].map((random) => backoffMs(2, random, DEFAULT_BACKOFF))).toEqual([0, 500, 1_000]);
  });
});

describe('order', () => {
  it.each([
    ['the following event', { term: 1, seq: 6 }, 'next'],
    ['a later event, the ones between filtered out', { term: 2, seq: 90 }, 'next'],
    ['the same event again', { term: 1, seq: 5 }, 'repeat'],
    ['an older event', { term: 1, seq: 2 }, 'repeat'],
    ['an old seq of a newer term: the log was rewritten', { term: 2, seq: 5 }, 'disorder'],
    ['a later seq of an older term', { term: 0, seq: 6 }, 'disorder'],
  ])('judges %s', (_title, position, verdict) => {
    expect(judgeOrder({ term: 1, seq: 5 }, position)).toBe(verdict);
  });
});

describe('frames', () => {
  it.each([
    ['no JSON', 'hello'],
    ['a binary frame', new ArrayBuffer(2)],
    ['no op', '{"t":"MESSAGE_CREATE"}'],
    ['an event without a position', '{"op":0,"t":"MESSAGE_CREATE","s":1,"d":{}}'],
    ['a HELLO with a position that is none', '{"op":10,"d":{"position":"here","resumed":true}}'],
  ])('does not trust %s', (_title, data) => {
    expect(parseServerFrame(data)).toEqual({ kind: 'malformed' });
  });

  it('passes over what a later server may add', () => {
    expect(parseServerFrame('{"op":250,"d":{"new":true}}')).toEqual({ kind: 'other' });
  });

  it('does not take a purged message for a message', () => {
    const purged = { id: '1', channel_id: '2', guild_id: '3', purged: true, origin: 'live' } as const;
    expect(isMessageEvent({ op: 0, t: 'MESSAGE_CREATE', s: 1, p: '1:1', d: purged })).toBe(false);
  });
});

describe('address', () => {
  it('puts filter and start into the URL; a kept position wins over since', () => {
    const options = { url: 'wss://example.com/ws', filter: { channel_id: ['1', '2'] }, since: 'all' };
    expect(streamUrl(options, null)).toBe('wss://example.com/ws?channel_id=1%2C2&since=all');
    expect(streamUrl(options, '4:5')).toBe('wss://example.com/ws?channel_id=1%2C2&since=4%3A5');
  });

  it('finds the stream of a server whose address is that of its page', () => {
    expect(streamUrl({ url: 'https://example.com' }, null)).toBe('wss://example.com/ws');
    expect(streamUrl({ url: 'http://localhost:3000/v1/ws' }, '4:5')).toBe('ws://localhost:3000/v1/ws?since=4%3A5');
  });

  it.each([
    ['wss://example.com/ws', 'https://example.com'],
    ['ws://localhost:3000/v1/ws', 'http://localhost:3000'],
    ['https://example.com/chat/', 'https://example.com/chat'],
  ])('finds the REST API beside %s', (stream, rest) => {
    expect(serverUrl(stream)).toBe(rest);
  });

  it('sends a key as subprotocol, never in the URL', () => {
    expect(streamProtocols('secret')).toEqual(['dms.v1', 'bearer.secret']);
  });
});
