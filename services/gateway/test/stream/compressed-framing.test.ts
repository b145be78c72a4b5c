import { constants, inflateRawSync } from 'node:zlib';
import { encodeEvent } from '@dms/broker';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createCompressedFraming, WINDOW_BITS } from '../../src/websocket/compressed-framing.ts';
import { offersCompression } from '../../src/websocket/compression.ts';

const FLUSH_TAIL = Buffer.of(0, 0, 255, 255);
const FIN_TEXT = 0x81;
const FIN_RSV1_TEXT = 0xc1;

const event = (seq: number, content: string) =>
  encodeEvent({
    type: 'MESSAGE_CREATE',
    term: 7,
    seq,
    guildId: '1',
    channelId: '2',
    parentId: null,
    authorId: '3',
    messageId: String(seq),
    payload: JSON.stringify({ id: String(seq), content }),
  });

type Event = ReturnType<typeof event>;

/** What a reader is sent. */
function frameOf(framing: ReturnType<typeof createCompressedFraming>, framed: Event): Buffer {
  const target = Buffer.alloc(framing.frameBytes(framed));
  expect(framing.writeFrame(target, 0, framed)).toBe(target.length);
  return target;
}

/** Reads one stream the way RFC 7692 says, with the small window that was negotiated and nothing from before it joined. */
function createReader(): (frame: Buffer) => string {
  let window: Buffer = Buffer.alloc(0);
  return (frame) => {
    const short = frame.readUInt8(1);
    const payload = frame.subarray(short < 126 ? 2 : short === 126 ? 4 : 10);
    if (frame[0] === FIN_TEXT) return payload.toString();
    expect(frame[0]).toBe(FIN_RSV1_TEXT);
    const message = inflateRawSync(Buffer.concat([payload, FLUSH_TAIL]), {
      windowBits: WINDOW_BITS,
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(window.length > 0 && { dictionary: window }),
    });
    window = Buffer.concat([window, message]).subarray(-(2 ** WINDOW_BITS));
    return message.toString();
  };
}

const WORDS = fc.constantFrom('harbour', 'quiet', 'boats', 'rain', 'again', 'home', 'é', '🚢');
const chat = fc.array(WORDS, { maxLength: 40 }).map((words) => words.join(' '));
const noise = fc.string({ unit: 'binary', minLength: 0, maxLength: 12_000 });

describe('the compressed stream', () => {
  it('I5: is inflated to every event by whoever joins where it starts over, whatever the sizes', () => {
    const steps = fc.array(fc.record({ content: fc.oneof(chat, noise), isStart: fc.boolean() }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (list) => {
        const framing = createCompressedFraming();
        const readers = [createReader()];
        for (const [index, { content, isStart }] of list.entries()) {
          if (isStart) {
            framing.startOver();
            readers.push(createReader());
          }
          const framed = event(index + 1, content);
          const frame = frameOf(framing, framed);
          for (const read of readers) expect(read(frame)).toBe(framed.frame.toString());
        }
      }),
      { numRuns: 40 },
    );
  });

  it('takes less than 0.36 of the bytes of a chat', () => {
    const framing = createCompressedFraming();
    const words = 'the harbour was quiet so we took the long way home and talked about boats until rain began'.split(
      ' ',
    );
    let plain = 0;
    let sent = 0;
    for (let seq = 1; seq <= 500; seq += 1) {
      const content = Array.from({ length: 12 }, (_, place) => words[(seq * 7 + place * place * seq) % words.length]);
      const framed = event(seq, content.join(' '));
      plain += framed.frame.length;
      sent += frameOf(framing, framed).length;
    }
    expect(sent / plain).toBeLessThan(0.36);
  });

  it('refers to nothing that was sent before it started over', () => {
    const framing = createCompressedFraming();
    const secret = 'a sentence that somebody deleted a moment ago';
    frameOf(framing, event(1, secret));
    const repeated = frameOf(framing, event(2, secret));
    framing.startOver();
    const afterwards = frameOf(framing, event(3, secret));
    expect(afterwards.length).toBeGreaterThan(repeated.length + 30);
    expect(createReader()(afterwards)).toContain(secret);
  });
});

describe('an offer of permessage-deflate', () => {
  it.each([
    ['permessage-deflate', true],
    ['permessage-deflate; client_max_window_bits', true],
    ['permessage-deflate; client_no_context_takeover; server_max_window_bits=15', true],
    ['permessage-deflate; server_max_window_bits="13"', true],
    ['x-webkit-deflate-frame, permessage-deflate', true],
    ['permessage-deflate; server_no_context_takeover, permessage-deflate', true],
    ['permessage-deflate; server_max_window_bits=12', false],
    ['permessage-deflate; server_no_context_takeover', false],
    ['x-webkit-deflate-frame', false],
    ['', false],
    [undefined, false],
  ])('%j fits: %j', (header, fits) => {
    expect(offersCompression(header)).toBe(fits);
  });
});
