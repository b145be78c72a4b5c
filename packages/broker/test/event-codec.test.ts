import { decodeBatch, type EncodedEvent, encodeBatch, encodeEvent, MAX_MESSAGE_BYTES } from '@dms/broker';
import { dispatchFrame } from '@dms/protocol';
import { seededRandom } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { sampleEvent, sampleEvents } from './sample-events.ts';

const SEED = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 32);

const decodeAll = (messages: readonly Buffer[]): readonly EncodedEvent[] =>
  messages.flatMap((message) => {
    const events = decodeBatch(message);
    if (events === null) throw new Error('a message of ours was refused');
    return events;
  });

const bytesOf = (events: readonly EncodedEvent[]): Buffer => Buffer.concat(events.map(({ frame }) => frame));

const isWhole = ({ frame, term, seq }: EncodedEvent): boolean =>
  frame.length > 1 && Number.isSafeInteger(seq) && Number.isSafeInteger(term);

describe('event codec', () => {
  it('carries the finished frame', () => {
    const event = sampleEvent(1);
    expect(encodeEvent(event).frame.toString('utf8')).toBe(dispatchFrame(event));
  });

  it('gives back what went in, in order, with every kind of route', () => {
    const events = [
      sampleEvent(1),
      sampleEvent(Number.MAX_SAFE_INTEGER, {
        term: 0,
        guildId: null,
        channelId: null,
        authorId: null,
        messageId: null,
      }),
      sampleEvent(3, { parentId: '9223372036854775807', type: 'THREAD_CREATE', payload: '{}' }),
    ].map(encodeEvent);
    expect(decodeAll(encodeBatch(events))).toEqual(events);
    expect(encodeBatch([])).toEqual([]);
  });

  it('splits at the limit, and sends a larger event alone', () => {
    const events = [...sampleEvents(1, 3_000), sampleEvent(3_001, { payload: `{"x":"${'x'.repeat(300_000)}"}` })];
    const encoded = events.map(encodeEvent);
    const messages = encodeBatch(encoded);
    const decoded = decodeAll(messages);
    expect(decoded.map((event) => event.seq)).toEqual(encoded.map((event) => event.seq));
    expect(bytesOf(decoded).equals(bytesOf(encoded))).toBe(true);
    expect(messages.slice(0, -1).every((message) => message.length <= MAX_MESSAGE_BYTES)).toBe(true);
    expect(messages.length).toBeLessThan(8);
    expect(decodeBatch(messages.at(-1) ?? Buffer.alloc(0))).toHaveLength(1);
  });

  it('I9: a frame that is kept holds its own memory or its message’s, and no more', () => {
    const event = encodeEvent(sampleEvent(1));
    expect(event.frame.buffer.byteLength).toBe(event.frame.length);
    const [message = Buffer.alloc(0)] = encodeBatch([event]);
    expect(decodeAll([message]).map(({ frame }) => frame.buffer.byteLength)).toEqual([message.length]);
  });

  it('shares no memory with the message', () => {
    const [message = Buffer.alloc(0)] = encodeBatch([encodeEvent(sampleEvent(1))]);
    const events = decodeBatch(message);
    message.fill(0);
    expect(events).toEqual([encodeEvent(sampleEvent(1))]);
  });

  it('refuses to encode a route that the header cannot carry', () => {
    expect(() => encodeBatch([encodeEvent(sampleEvent(1, { channelId: 'two words' }))])).toThrow(RangeError);
  });

  it(`answers null or whole events to any bytes, and never throws (seed ${SEED})`, () => {
    const random = seededRandom(SEED);
    const [valid = Buffer.alloc(0)] = encodeBatch(sampleEvents(1, 20).map(encodeEvent));
    let refused = 0;
    for (let round = 0; round < 1_500; round += 1) {
      const mutated = Buffer.from(valid);
      for (let change = random.integer(1, 4); change > 0; change -= 1) {
        mutated[random.integer(0, mutated.length - 1)] = random.integer(0, 255);
      }
      const candidates = [
        mutated,
        valid.subarray(0, random.integer(0, valid.length - 1)),
        random.bytes(random.integer(0, 64)),
      ];
      for (const candidate of candidates) {
        const events = decodeBatch(candidate);
        if (events === null) refused += 1;
        else if (!events.every(isWhole)) throw new Error(`half an event came out of ${candidate.toString('hex')}`);
      }
    }
    expect(refused).toBeGreaterThan(1_500);
  });
});
