import { createHash } from 'node:crypto';
import type { SeededRandom } from '@dms/test-kit';
import { judgeAnswer, parseAnswer, takeAnswer } from './http-answer.ts';
import { connectRawPeer, cut, loopbackAddress, type RawPeer } from './raw-peer.ts';
import { Finding, type Tally } from './tally.ts';
import { closeCodeOf, FrameType, parseServerFrame } from './wire-frames.ts';
import { chance, evilText } from './words.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
/** https://www.rfc-editor.org/rfc/rfc6455#section-1.3 */
const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

export const SOUND_HANDSHAKE = handshake('/ws', soundLines());

function soundLines(): readonly string[] {
  return [
    'Host: h',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${KEY}`,
  ];
}

function handshake(target: string, lines: readonly string[], start = `GET ${target} HTTP/1.1`): Buffer {
  return Buffer.from(`${start}\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** Opens a WebSocket byte by byte; resolves after the 101. */
export async function openSocket(port: number, random: SeededRandom, query = ''): Promise<RawPeer> {
  const peer = await connectRawPeer(port, loopbackAddress(random));
  await peer.send(handshake(`/ws${query}`, soundLines()));
  const answer = await takeAnswer(peer, false);
  if (answer?.status === 101 && answer.headers.get('sec-websocket-accept') === acceptOf(KEY)) return peer;
  throw new Error(`a sound handshake was answered with ${answer?.status}: ${answer?.body}`);
}

interface HandshakeInput {
  readonly bytes: Buffer;
  readonly offered: readonly string[];
  /** Whether it must be accepted, must be refused, or either. */
  readonly verdict: 'accept' | 'refuse' | 'either';
}

const UNSOUND_LINES: readonly (readonly [replaced: RegExp, lines: readonly string[]])[] = [
  [/^Upgrade/, ['Upgrade: websocke']],
  [/^Upgrade/, ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__']],
  [/^Upgrade/, []],
  [/^Upgrade/, ['Upgrade: ']],
  [/^Connection/, ['Connection: keep-alive']],
  [/^Connection/, []],
  [/Version/, []],
  [/Version/, ['Sec-WebSocket-Version: ']],
  [/Version/, ['Sec-WebSocket-Version: 0']],
  [/Version/, ['Sec-WebSocket-Version: 12']],
  [/Version/, ['Sec-WebSocket-Version: 14']],
  [/Version/, ['Sec-WebSocket-Version: 13.0']],
  [/Version/, ['Sec-WebSocket-Version: 99999999999999999999']],
  [/Version/, ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Version: 25']],
  [/Key/, []],
  [/Key/, ['Sec-WebSocket-Key: ']],
  [/Key/, ['Sec-WebSocket-Key: AAAA']],
  [/Key/, [`Sec-WebSocket-Key: ${KEY}${KEY}`]],
  [/Key/, ['Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==']],
  [/Key/, [`Sec-WebSocket-Key: ${KEY}`, `Sec-WebSocket-Key: ${KEY}`]],
  [/Key/, [`Sec-WebSocket-Key: ${'A'.repeat(9_000)}`]],
  [/^Host/, ['Host: h', 'Origin: https://evil.example']],
  [/^Host/, ['Host: h', 'Origin: null']],
  [/^Host/, ['Host: h', 'Origin: http://h.evil.example']],
  [/^Host/, ['Host: h', 'Origin: http://evil']],
  [/^Host/, ['Host: h', 'Authorization: Bearer wrong']],
  [/^Host/, ['Host: h', 'X-API-Key: wrong']],
  [/^Host/, ['Host: h', 'Sec-WebSocket-Protocol: dms.v1, bearer.wrong']],
  [/^Host/, ['Host: h', 'Sec-WebSocket-Protocol: dms.v1,,']],
  [/^Host/, ['Host: h', 'Sec-WebSocket-Protocol: dms.v1, dms.v1']],
  [/^Host/, ['Host: h', 'Sec-WebSocket-Protocol: a b']],
  [/^Host/, ['Host: h', `X: ${'y'.repeat(17_000)}`]],
  [/^Host/, []],
];
const UNSOUND_TARGETS = [
  ...[
    '/',
    '/wss',
    '/ws/',
    '/v1/ws/',
    '/v2/ws',
    '/WS',
    '/messages',
    '//ws',
    '//evil/ws',
    '/%77s',
    '/ws%00',
    '/ws;a',
    '/./ws/..',
    '*',
  ],
  ...[
    '/ws?key=abc',
    '/ws?token=x',
    '/ws?since=x',
    '/ws?since=1:2:3',
    '/ws?limit=1',
    '/ws?channel_id=',
    '/ws?channel_id=1&channel_id=2',
  ],
  ...[
    '/ws?types=NONE',
    '/ws?channel_id=abc',
    '/ws?__proto__=1',
    '/ws?channel_id[]=1',
    `/ws?${'a&'.repeat(5_000)}`,
    'http://',
    'h:80',
  ],
];
const HARMLESS_LINES = [
  ...[
    'X-Forwarded-For: 999.9.9.9',
    'X-Forwarded-For: ::ffff:1.2.3.4, fe80::1%x',
    'Forwarded: for=_x',
    'Cookie: a=b',
    '__proto__: x',
  ],
  ...[
    'Sec-WebSocket-Extensions: permessage-deflate',
    'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8',
  ],
  ...['X-Request-Id: <b>', 'X: \xff\xfe', 'Accept: text/html', 'Sec-WebSocket-Protocol: dms.v1'],
];

const listed = (lines: readonly string[]): readonly string[] =>
  lines.flatMap((line) => /^Sec-WebSocket-Protocol: (.*)$/.exec(line)?.[1]?.split(/, */) ?? []);

function handshakeInput(random: SeededRandom): HandshakeInput {
  const lines = [...soundLines(), ...(chance(random, 0.5) ? [random.pick(HARMLESS_LINES)] : [])];
  const kind = random.integer(0, 9);
  if (kind < 4) {
    const [replaced, others] = random.pick(UNSOUND_LINES);
    const unsound = lines.flatMap((line) => (replaced.test(line) ? others : [line]));
    return { bytes: handshake('/ws', unsound), offered: listed(unsound), verdict: 'refuse' };
  }
  if (kind < 6)
    return { bytes: handshake(random.pick(UNSOUND_TARGETS), lines), offered: listed(lines), verdict: 'refuse' };
  if (kind < 7) {
    const start = random.pick([
      'POST /ws HTTP/1.1',
      'HEAD /ws HTTP/1.1',
      'OPTIONS /ws HTTP/1.1',
      'GET /ws HTTP/0.9',
      'GET /ws HTTP/1.0',
      'get /ws HTTP/1.1',
    ]);
    return { bytes: handshake('', lines, start), offered: [], verdict: 'refuse' };
  }
  if (kind < 8) {
    const protocols = Array.from({ length: random.integer(1, 700) }, (_, index) => `p${index}`);
    const offered = [...protocols, ...(chance(random, 0.5) ? ['dms.v1'] : [])];
    const all = [...soundLines(), `Sec-WebSocket-Protocol: ${offered.join(',')}`];
    return { bytes: handshake('/v1/ws', all), offered, verdict: 'accept' };
  }
  if (kind < 9) {
    const query = `?${random.pick(['since', 'channel_id', 'author_id', 'types', 'guild_id'])}=${encodeURIComponent(evilText(random).toWellFormed()).slice(0, 9_000)}`;
    const evil = `${random.pick(['X-Forwarded-For', 'Sec-WebSocket-Extensions', 'X-Request-Id'])}: ${evilText(random).replace(/[\r\n\0]/g, '')}`;
    return { bytes: handshake(`/ws${query}`, [...lines, evil]), offered: listed(lines), verdict: 'either' };
  }
  return { bytes: handshake('/ws', lines), offered: listed(lines), verdict: 'accept' };
}

const WHAT = 'handshakes';

/** One handshake on a connection of its own. */
export async function playHandshake(port: number, random: SeededRandom, tally: Tally): Promise<void> {
  const input = handshakeInput(random);
  const fail = (fault: string): never => {
    throw new Finding(WHAT, fault, input.bytes);
  };
  const peer = await connectRawPeer(port, loopbackAddress(random));
  try {
    tally.input(WHAT);
    await peer.send(...cut(input.bytes, random, random.integer(1, 4)));
    const isHead = input.bytes.toString('latin1', 0, 5) === 'HEAD ';
    const answer = await peer.take((received, isClosed) => parseAnswer(received, isHead, isClosed));
    if (answer === null) return fail('the server hung up without an answer');
    tally.outcome(WHAT, String(answer.status));
    if (answer.status !== 101) {
      if (input.verdict === 'accept') fail(`refused with ${answer.status}: ${answer.body.slice(0, 200)}`);
      const fault = judgeAnswer(answer, isHead);
      if (fault !== null) fail(fault);
      return;
    }
    if (input.verdict === 'refuse') fail('accepted');
    const protocol = answer.headers.get('sec-websocket-protocol');
    if (protocol !== undefined && !input.offered.includes(protocol)) fail(`chose ${protocol}`);
    if (answer.headers.has('sec-websocket-extensions')) fail('agreed to an extension');
    if (answer.headers.get('sec-websocket-accept') !== acceptOf(KEY)) fail('wrong accept');
    const frame = await peer.take(parseServerFrame);
    if (frame?.type !== FrameType.Text) fail(`the first frame is ${frame === null ? 'missing' : closeCodeOf(frame)}`);
  } finally {
    peer.destroy();
  }
}
