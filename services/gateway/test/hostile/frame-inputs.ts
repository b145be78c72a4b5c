import type { SeededRandom } from '@dms/test-kit';
import { mutate } from './mutate.ts';
import { clientFrame, closeFrame, FrameType, textFrame } from './wire-frames.ts';
import { chance, evilJson, evilText } from './words.ts';

/** What the server must do about an input. */
export type Expectation =
  /** Answer with a text frame of this op, or a pong with these bytes, and go on. */
  | { readonly kind: 'reply'; readonly op: number }
  | { readonly kind: 'pong'; readonly payload: Buffer }
  /** Nothing at all. */
  | { readonly kind: 'silence' }
  /** Close with one of these codes; null = hang up without a word. */
  | { readonly kind: 'close'; readonly codes: readonly (number | null)[] }
  /** Either go on or close, as long as what it says is sound. */
  | { readonly kind: 'any' };

export interface FrameInput {
  readonly what: string;
  readonly bytes: Buffer;
  readonly expected: Expectation;
}

const MAX_FRAME_BYTES = 4_096;
const HEARTBEAT = '{"op":1}';
/** Valid JSON of chance, so that what is inside a broken frame is not what breaks. */
const HEARTBEATS = [
  HEARTBEAT,
  '{"op":1,"d":null}',
  ' {"op" : 1.0 } ',
  '{"op":1,"d":{"d":[[]]},"__proto__":{"op":2},"x":"\\u0000"}',
  '{"op":2,"op":1}',
];
const SUBSCRIPTIONS = [
  '{}',
  'null',
  '{"channel_id":["10"]}',
  '{"types":["MESSAGE_CREATE"],"author_id":["500"]}',
  '{"guild_id":["900","900"]}',
];

const broken = (what: string, bytes: Buffer, ...codes: readonly (number | null)[]): FrameInput => ({
  what,
  bytes,
  expected: { kind: 'close', codes },
});
const beat = { kind: 'reply', op: 11 } as const;

/** Frames that RFC 6455 allows, however odd: the connection lives on. */
export function soundInput(random: SeededRandom): FrameInput {
  const what = 'sound frames';
  const payload = random.bytes(random.integer(0, 125));
  const kind = random.integer(0, 7);
  if (kind < 1) return { what, bytes: clientFrame(FrameType.Ping, payload), expected: { kind: 'pong', payload } };
  if (kind < 2) return { what, bytes: clientFrame(FrameType.Pong, payload), expected: { kind: 'silence' } };
  if (kind < 4) return { what, bytes: textFrame(random.pick(HEARTBEATS)), expected: beat };
  if (kind < 5) {
    const padded = HEARTBEAT.padEnd(random.pick([125, 126, 127, 128, 1_000, MAX_FRAME_BYTES]));
    return { what, bytes: textFrame(padded), expected: beat };
  }
  if (kind < 6) return { what, bytes: fragments(random.pick(HEARTBEATS), random), expected: beat };
  return {
    what,
    bytes: textFrame(`{"op":101,"d":${random.pick(SUBSCRIPTIONS)}}`),
    expected: { kind: 'reply', op: 102 },
  };
}

/** A message in up to eight pieces, empty ones among them. */
function fragments(text: string, random: SeededRandom): Buffer {
  const bytes = Buffer.from(text);
  const places = Array.from({ length: random.integer(1, 7) }, () => random.integer(0, bytes.length)).toSorted(
    (a, b) => a - b,
  );
  const frames = [0, ...places].map((start, index) => {
    const type = index === 0 ? FrameType.Text : FrameType.Continuation;
    return clientFrame(type, bytes.subarray(start, places[index] ?? bytes.length), { isLast: index === places.length });
  });
  return Buffer.concat(frames);
}

/** Whatever JSON, judged the way the protocol is written down: `op` decides, and a filter is right or wrong. */
export function opInput(random: SeededRandom): FrameInput {
  const kind = random.integer(0, 9);
  const inner = evilJson(random);
  const text =
    kind < 4
      ? `{"op":101,"d":${inner}}`
      : kind < 6
        ? `{"op":${inner},"d":{}}`
        : kind < 8
          ? inner
          : kind < 9
            ? `{"d":${inner},"op":1}`
            : evilText(random);
  return { what: 'ops', bytes: textFrame(text), expected: expectedOf(text) };
}

function expectedOf(text: string): Expectation {
  if (Buffer.byteLength(text) > MAX_FRAME_BYTES) return { kind: 'close', codes: [1009] };
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(text).toString());
  } catch {
    return { kind: 'close', codes: [4002] };
  }
  const op =
    typeof json === 'object' && json !== null && Object.hasOwn(json, 'op') ? Reflect.get(json, 'op') : undefined;
  if (!Number.isSafeInteger(op)) return { kind: 'close', codes: [4002] };
  if (op === 1) return beat;
  return op === 101 ? { kind: 'any' } : { kind: 'close', codes: [4001] };
}

const INVALID_UTF8 = [
  'c0af',
  'ff',
  'fe',
  '80',
  'c3',
  'e282',
  'eda080',
  'f0288cbc',
  'f4908080',
  'f88080',
  'cebae1bdb9cf83cebcceb5eda080',
].map((hex) => Buffer.from(hex, 'hex'));
const UNKNOWN_TYPES = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
const BAD_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];
const GOOD_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999];
const Control = [FrameType.Close, FrameType.Ping, FrameType.Pong] as const;

/** Frames that end the connection, each for the reason that RFC 6455 (§5, §7.4, §8.1) or our limits name. */
export function fatalInput(random: SeededRandom): FrameInput {
  const payload = Buffer.from(random.pick(HEARTBEATS));
  const some = random.bytes(random.integer(0, 60));
  const kinds: readonly (() => FrameInput)[] = [
    () => broken('unmasked frames', textFrame(HEARTBEAT, { isMasked: false }), 1002),
    () => broken('unmasked frames', clientFrame(random.pick(Control), some, { isMasked: false }), 1002),
    () => broken('reserved bits', clientFrame(FrameType.Text, payload, { reserved: random.integer(1, 7) }), 1002),
    () => broken('reserved bits', clientFrame(FrameType.Ping, some, { reserved: random.integer(1, 7) }), 1002),
    () => broken('reserved types', clientFrame(random.pick(UNKNOWN_TYPES), some), 1002),
    () => broken('fragmented control frames', clientFrame(random.pick(Control), some, { isLast: false }), 1002),
    () =>
      broken('long control frames', clientFrame(random.pick(Control), random.bytes(random.integer(126, 300))), 1002),
    () =>
      broken('long control frames', clientFrame(FrameType.Ping, Buffer.alloc(0), { claimedLength: 1n << 40n }), 1002),
    () =>
      broken(
        'continuations of nothing',
        clientFrame(FrameType.Continuation, payload, { isLast: chance(random, 0.5) }),
        1002,
      ),
    () =>
      broken(
        'messages inside messages',
        Buffer.concat([textFrame('{', { isLast: false }), textFrame(HEARTBEAT)]),
        1002,
      ),
    () => broken('frames too large', textFrame(HEARTBEAT.padEnd(random.integer(MAX_FRAME_BYTES + 1, 70_000))), 1009),
    () =>
      broken(
        'frames too large',
        textFrame('', {
          lengthBits: 64,
          claimedLength: random.pick([1n << 16n, 1n << 31n, 1n << 32n, (1n << 53n) - 1n]),
        }),
        1009,
      ),
    () =>
      broken(
        'frames too large',
        textFrame('', {
          lengthBits: 64,
          claimedLength: random.pick([1n << 53n, 1n << 62n, 1n << 63n, (1n << 64n) - 1n]),
        }),
        1009,
        1002,
      ),
    () =>
      broken(
        'frames too large',
        textFrame('', { lengthBits: 16, claimedLength: BigInt(random.integer(MAX_FRAME_BYTES + 1, 65_535)) }),
        1009,
      ),
    () => broken('messages too large', pieces(6, 1_000), 1009),
    () => broken('messages in too many pieces', pieces(400, 1), 1008),
    () =>
      broken(
        'invalid UTF-8',
        clientFrame(
          FrameType.Text,
          Buffer.concat([Buffer.from('{"op":1,"d":"'), random.pick(INVALID_UTF8), Buffer.from('"}')]),
        ),
        1007,
      ),
    () => invalidUtf8InPieces(random),
    () => broken('bad close codes', closeFrame(random.pick(BAD_CODES), some), 1002),
    () => broken('bad close bodies', clientFrame(FrameType.Close, random.bytes(1)), 1002),
    () => broken('bad close bodies', closeFrame(1000, random.pick(INVALID_UTF8)), 1007),
    () => sayingGoodbye(random),
    () => broken('empty closes', clientFrame(FrameType.Close, Buffer.alloc(0)), 1005),
    () => broken('binary frames', clientFrame(FrameType.Binary, payload), 4002),
    () => broken('floods', flood(textFrame(HEARTBEAT)), 4008),
    // ws hangs up when 60 pongs wait to be sent.
    () => broken('floods', flood(clientFrame(FrameType.Ping, some)), 4008, null),
    () => broken('floods', flood(clientFrame(FrameType.Pong, some)), 4008),
    () => ({ what: 'bytes of chance', bytes: random.bytes(random.integer(1, 500)), expected: { kind: 'any' } }),
    () => ({ what: 'mutated frames', bytes: mutate(soundInput(random).bytes, random), expected: { kind: 'any' } }),
    () => ({
      what: 'frames that never end',
      bytes: textFrame(HEARTBEAT, { claimedLength: BigInt(random.integer(9, 4_000)) }),
      expected: { kind: 'any' },
    }),
  ];
  return random.pick(kinds)();
}

const flood = (frame: Buffer): Buffer => Buffer.concat(Array.from({ length: 150 }, () => frame));

function pieces(count: number, bytes: number): Buffer {
  const frames = Array.from({ length: count }, (_, index) => {
    const type = index === 0 ? FrameType.Text : FrameType.Continuation;
    return clientFrame(type, Buffer.alloc(bytes, 32), { isLast: index === count - 1 });
  });
  return Buffer.concat(frames);
}

function invalidUtf8InPieces(random: SeededRandom): FrameInput {
  const bytes = Buffer.concat([Buffer.from('κόσμε'), random.pick(INVALID_UTF8)]);
  const place = random.integer(0, bytes.length);
  const pieces = [
    clientFrame(FrameType.Text, bytes.subarray(0, place), { isLast: false }),
    clientFrame(FrameType.Continuation, bytes.subarray(place)),
  ];
  return broken('invalid UTF-8', Buffer.concat(pieces), 1007);
}

/** Answered with the same code, and with nothing that comes after it. */
function sayingGoodbye(random: SeededRandom): FrameInput {
  const code = random.pick(GOOD_CODES);
  const late = chance(random, 0.5) ? random.bytes(random.integer(1, 99)) : textFrame(HEARTBEAT);
  return broken('goodbyes', Buffer.concat([closeFrame(code, Buffer.from('κόσμε')), late]), code);
}
