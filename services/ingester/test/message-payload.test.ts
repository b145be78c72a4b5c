import { MAX_PAYLOAD_BYTES, type MessageDisplay } from '@dms/protocol';
import { describe, expect, it } from '@jest/globals';
import { messagePayload, normaliseMessage, utcTime } from '../src/message-payload.ts';
import { GUILD, MESSAGE, rawMessage } from './support/raw-message.ts';

const display: MessageDisplay = {
  text: 'hello',
  author_name: 'Ada',
  author_color: null,
  author_avatar_url: 'https://cdn.discordapp.com/embed/avatars/0.png',
  channel_name: 'general',
  guild_name: 'The Guild',
  parent_id: null,
  content_available: true,
  links_expire_at: null,
};
/** What the log appends to a payload, at its longest. */
const ADDED = ',"revision":2147483647,"origin":"reconcile"'.length;

function payloadOf(fields: object, shown: Partial<MessageDisplay> = {}) {
  const payload = messagePayload(rawMessage(fields), { ...display, ...shown });
  expect(Buffer.byteLength(payload) + ADDED).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
  return JSON.parse(payload);
}

describe('messagePayload', () => {
  it('keeps Discord’s object whole, unknown fields included, and adds ours', () => {
    const payload = payloadOf({ some_future_field: { a: [1] } });
    expect(payload).toEqual({ ...rawMessage({ some_future_field: { a: [1] } }), deleted_at: null, display });
    expect(payload.truncated).toBeUndefined();
  });

  it('drops the bulkiest parts first, and says so', () => {
    const embeds = Array.from({ length: 10 }, () => ({ description: 'x'.repeat(6_000) }));
    const payload = payloadOf({ embeds, components: [{ content: 'y'.repeat(30_000) }], attachments: [{ id: '1' }] });
    expect(payload.components).toBeUndefined();
    expect(payload.embeds).toHaveLength(10);
    expect(payload.attachments).toEqual([{ id: '1' }]);
    expect(payload.truncated).toBe(true);
  });

  it('keeps the content verbatim as long as it fits at all, at the cost of the resolved text', () => {
    const content = 'long '.repeat(12_000);
    const payload = payloadOf({ content }, { text: content });
    expect(payload.content).toBe(content);
    expect(payload.display.text.length).toBeGreaterThan(1_000);
    expect(payload.display.author_name).toBe('Ada');
    expect(payload.truncated).toBe(true);
  });

  it.each([
    ['plain', 'x'.repeat(200_000)],
    ['emoji', '😀'.repeat(50_000)],
    ['control characters, six bytes each in JSON', '\u0001'.repeat(100_000)],
    ['quotes', '"\\'.repeat(60_000)],
  ])('cuts a content that cannot fit, never inside a character: %s', (_kind, content) => {
    const payload = payloadOf({ content }, { text: content });
    expect(payload.content.length).toBeGreaterThan(5_000);
    expect(content.startsWith(payload.content)).toBe(true);
    expect(payload.content.isWellFormed()).toBe(true);
    expect(payload).toMatchObject({ id: MESSAGE, guild_id: GUILD, truncated: true, deleted_at: null });
  });

  it('fits even when fields nobody knows are the large ones', () => {
    const payload = payloadOf({ some_future_field: 'z'.repeat(200_000) });
    expect(payload).toMatchObject({ content: 'hello', truncated: true, author: { username: 'ada' } });
  });
});

describe('times', () => {
  it('are RFC 3339 UTC with milliseconds, whatever Discord wrote', () => {
    expect(utcTime('2026-11-22T10:00:00.123456+00:00')).toBe('2026-11-22T10:00:00.123Z');
    expect(utcTime('2026-11-22T12:00:00+02:00')).toBe('2026-11-22T10:00:00.000Z');
    expect(utcTime('yesterday')).toBeNull();
    expect(utcTime(null)).toBeNull();
  });

  it('are normalised in replies, forwards and embeds too, and nowhere in what people wrote', () => {
    const time = '2026-11-22T10:00:00.123456+00:00';
    const message = rawMessage({
      content: time,
      timestamp: time,
      referenced_message: { timestamp: time, content: time },
      message_snapshots: [{ message: { timestamp: time, edited_timestamp: time } }],
      embeds: [{ timestamp: time, title: time }],
    });
    const utc = '2026-11-22T10:00:00.123Z';
    expect(normaliseMessage(message, MESSAGE, GUILD)).toMatchObject({
      content: time,
      timestamp: utc,
      referenced_message: { timestamp: utc, content: time },
      message_snapshots: [{ message: { timestamp: utc, edited_timestamp: utc } }],
      embeds: [{ timestamp: utc, title: time }],
    });
  });

  it('a message without a readable time has that of its id', () => {
    const { timestamp, ...message } = rawMessage();
    expect(normaliseMessage(message, '175928847299117063', GUILD).timestamp).toBe('2016-04-30T11:18:25.796Z');
  });
});
