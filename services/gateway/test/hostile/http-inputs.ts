import type { SeededRandom } from '@dms/test-kit';
import { chance, evilBytes, evilText } from './words.ts';

/** One request, and what may come of it. */
export interface HttpInput {
  /** Its class, for the tally. */
  readonly what: string;
  readonly bytes: Buffer;
  readonly isHead: boolean;
  /** Not one whole request of sound framing: the server may answer what it could read, and hangs up. */
  readonly isBroken: boolean;
}

const PATHS = [
  ...[
    '/messages',
    '/messages/5',
    '/messages/7',
    '/messages/5/revisions',
    '/channels',
    '/channels/10',
    '/channels/11/messages',
  ],
  ...[
    '/guilds',
    '/guilds/900',
    '/events',
    '/export',
    '/coverage',
    '/stats',
    '/health',
    '/health/live',
    '/health/ready',
    '/ws',
  ],
  ...[
    '/',
    '/admin/opt-outs',
    '/admin/erasures',
    '/admin/users/5',
    '/openapi.json',
    '/metrics',
    '/docs',
    '/viewer.js',
    '/favicon.ico',
  ],
];
const PARAMETERS = [
  ...[
    'guild_id',
    'channel_id',
    'author_id',
    'types',
    'since',
    'before',
    'after',
    'around',
    'limit',
    'q',
    'include_deleted',
  ],
  ...[
    'format',
    'wait',
    'key',
    'token',
    '__proto__',
    'constructor',
    'channel_id[]',
    'limit[$gt]',
    'limit[0]',
    '',
    '%00',
    'Limit',
  ],
];
const METHODS = [
  'GET',
  'HEAD',
  'OPTIONS',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'TRACE',
  'PROPFIND',
  'SEARCH',
  'PURGE',
  'MKCOL',
];
const HEADERS = [
  ...[
    'Accept',
    'Accept-Encoding',
    'Accept-Language',
    'Authorization',
    'X-API-Key',
    'Origin',
    'Referer',
    'User-Agent',
    'Cookie',
  ],
  ...[
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'X-Real-IP',
    'Forwarded',
    'X-Request-Id',
    'Last-Event-ID',
  ],
  ...[
    'If-None-Match',
    'If-Modified-Since',
    'If-Match',
    'Range',
    'Expect',
    'Via',
    'TE',
    'Sec-WebSocket-Protocol',
    'Content-Type',
  ],
  ...[
    'X-HTTP-Method-Override',
    'Access-Control-Request-Method',
    'Access-Control-Request-Headers',
    'Content-Encoding',
    '__proto__',
  ],
];
const ADDRESSES = [
  '::1',
  '1.2.3.4',
  '1.2.3.4:5',
  '[::1]:5',
  '::ffff:1.2.3.4',
  'fe80::1%eth0',
  '999.1.1.1',
  '1.2.3',
  '::',
  '1:2:3:4:5:6:7::',
  'unknown',
  '_x',
  '1.2.3.4, ::1, x',
];

const visible = (text: string): string => text.replace(/[\r\n\0]/g, '');

function query(random: SeededRandom): string {
  const count = chance(random, 0.02) ? random.integer(50, 900) : random.integer(0, 4);
  const pairs = Array.from({ length: count }, () => {
    const name = count > 9 ? `p${random.integer(0, 99_999)}` : random.pick(PARAMETERS);
    const value = evilText(random);
    // A page that waits is sound, and only slow.
    const said = name === 'wait' && Number(value) > 0 ? '0' : value;
    return `${encode(name, random)}=${encode(count > 9 ? said.slice(0, 4) : said, random)}`;
  });
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** Percent-encoded as it should be, twice, or not at all but for what would end the line. */
function encode(text: string, random: SeededRandom): string {
  const sound = encodeURIComponent(text.toWellFormed());
  if (chance(random, 0.8)) return sound;
  return chance(random, 0.5) ? encodeURIComponent(sound) : visible(text).replaceAll(' ', '%20');
}

function path(random: SeededRandom): string {
  const known = random.pick(PATHS);
  const kind = random.integer(0, 9);
  if (kind < 6) return chance(random, 0.2) ? `/v1${known}` : known;
  if (kind < 8) return known.replace(/\d+/, () => encode(evilText(random).slice(0, 400), random));
  if (kind < 9)
    return `${known}${random.pick(['/', '//', '/.', '/..', '%2f', '%00', '.json', ';a=b', '#x', '\\', '%', '/%2e%2e/'])}`;
  return `/${encode(evilText(random).slice(0, 2_000), random)}`;
}

function headerLines(random: SeededRandom): readonly string[] {
  return Array.from({ length: random.integer(0, 3) }, () => {
    const name = random.pick(HEADERS);
    const value = /Forwarded-For|Real-IP/.test(name) ? random.pick(ADDRESSES) : evilText(random).slice(0, 1_500);
    // Whoever presents a wrong key or origin gets no further, so these are rare.
    const isStop = /Authorization|API-Key|Origin|Protocol/.test(name) && chance(random, 0.7);
    return isStop ? 'Accept: */*' : `${name}: ${visible(value)}`;
  });
}

function assemble(method: string, target: string, lines: readonly string[], random: SeededRandom): Buffer {
  return evilBytes(
    `${method} ${target} HTTP/1.1\r\nHost: h\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`,
    random,
  );
}

function queryInput(random: SeededRandom): HttpInput {
  const method = chance(random, 0.9) ? 'GET' : 'HEAD';
  const bytes = assemble(method, path(random) + query(random), headerLines(random), random);
  return { what: 'queries and headers', bytes, isHead: method === 'HEAD', isBroken: false };
}

function methodInput(random: SeededRandom): HttpInput {
  const method = random.pick(METHODS);
  const body = Buffer.from(chance(random, 0.5) ? '' : evilText(random).repeat(random.integer(1, 40)));
  const isChunked = chance(random, 0.3);
  const framing = isChunked
    ? ['Transfer-Encoding: chunked']
    : body.length > 0
      ? [`Content-Length: ${body.length}`]
      : [];
  const lines = [...framing, ...headerLines(random).filter((line) => !line.startsWith('Expect'))];
  const head = assemble(method, path(random) + query(random), lines, random);
  const chunk = body.length > 0 ? [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')] : [];
  const rest = isChunked ? [...chunk, Buffer.from('0\r\n\r\n')] : [body];
  return {
    what: 'methods and bodies',
    bytes: Buffer.concat([head, ...rest]),
    isHead: method === 'HEAD',
    isBroken: false,
  };
}

/** Carries this id; whoever answers it was smuggled past. */
export const SMUGGLED_ID = 'smuggled';
const SMUGGLED = `GET /health/live HTTP/1.1\r\nHost: h\r\nX-Request-Id: ${SMUGGLED_ID}\r\n\r\n`;

const FRAMINGS: readonly (readonly string[])[] = [
  ['Content-Length: 4', 'Transfer-Encoding: chunked'],
  ['Transfer-Encoding: chunked', `Content-Length: ${SMUGGLED.length}`],
  ['Transfer-Encoding: chunked, identity'],
  ['Transfer-Encoding: identity, chunked, identity'],
  ['Transfer-Encoding: xchunked'],
  ['Transfer-Encoding : chunked'],
  ['Transfer-Encoding:\x0bchunked'],
  ['Transfer-Encoding: chunked', 'Transfer-Encoding: cow'],
  [' Transfer-Encoding: chunked'],
  ['X: y\rTransfer-Encoding: chunked'],
  ['X: y\nTransfer-Encoding: chunked'],
  ['Content-Length: 0', `Content-Length: ${SMUGGLED.length}`],
  [`Content-Length: +${SMUGGLED.length}`],
  ['Content-Length: 0x10'],
  ['Content-Length: -1'],
  ['Content-Length: 99999999999999999999'],
  [`Content-Length: ${SMUGGLED.length}, ${SMUGGLED.length}`],
  [`Content-Length: ${SMUGGLED.length}`],
];

function smuggledInput(random: SeededRandom): HttpInput {
  const method = random.pick(['GET', 'POST', 'HEAD', 'OPTIONS', 'DELETE']);
  const lines = ['X-Request-Id: outer', ...random.pick(FRAMINGS), ...headerLines(random)];
  const head = `${method} ${random.pick(PATHS)} HTTP/1.1\r\nHost: h\r\n${lines.join('\r\n')}\r\n\r\n`;
  const bodies = [
    SMUGGLED,
    `0;x\r\n\r\n${SMUGGLED}`,
    `5\r\nhelloX\r\n${SMUGGLED}`,
    `ffffffffffffffff1\r\n${SMUGGLED}`,
    `4\r\nab`,
    `-1\r\n${SMUGGLED}`,
  ];
  return { what: 'smuggling', bytes: Buffer.from(head + random.pick(bodies), 'latin1'), isHead: false, isBroken: true };
}

function malformedInput(random: SeededRandom): HttpInput {
  const kinds: readonly (() => Buffer)[] = [
    () => random.bytes(random.integer(1, 400)),
    () =>
      Buffer.from(`GET / HTTP/${random.pick(['0.9', '1.2', '2.0', '3', '9.9', 'x', '1.1 x', ''])}\r\nHost: h\r\n\r\n`),
    () =>
      Buffer.from(
        `${random.pick(['get', 'GETT', 'CONNECT', 'G\0T', '', 'PRI', 'M-SEARCH'])} ${random.pick(['*', 'h:80', '/', ''])} HTTP/1.1\r\nHost: h\r\n\r\n`,
      ),
    () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
    () =>
      Buffer.from(
        `GET /messages HTTP/1.1\r\n${random.pick(['', 'Host: a\r\nHost: b\r\n', 'Host : h\r\n', 'Host: h\r\n X: folded\r\n'])}\r\n`,
      ),
    () => Buffer.from(`GET /${'a'.repeat(random.integer(10_000, 40_000))} HTTP/1.1\r\nHost: h\r\n\r\n`),
    () => Buffer.from(`GET / HTTP/1.1\r\nHost: h\r\nX: ${'y'.repeat(random.integer(10_000, 70_000))}\r\n\r\n`),
    () => Buffer.from(`GET / HTTP/1.1\r\nHost: h\r\n${'a: b\r\n'.repeat(random.integer(500, 4_000))}\r\n`),
    () =>
      Buffer.from(
        `GET / HTTP/1.1\r\nHost: h\r\n${visible(evilText(random))}${random.pick(['\0', '\r', '\n', '\x7f', ':'])}\r\n\r\n`,
      ),
    () => mutate(queryInput(random).bytes, random),
    () => mutate(methodInput(random).bytes, random),
  ];
  return { what: 'malformed requests', bytes: random.pick(kinds)(), isHead: false, isBroken: true };
}

/** A few bytes are flipped, doubled, dropped or cut off. */
export function mutate(bytes: Buffer, random: SeededRandom): Buffer {
  let mutated = Buffer.from(bytes);
  for (let count = random.integer(1, 4); count > 0 && mutated.length > 1; count -= 1) {
    const at = random.integer(0, mutated.length - 1);
    const [before, after] = [mutated.subarray(0, at), mutated.subarray(at)];
    const kind = random.integer(0, 3);
    if (kind === 0) mutated = Buffer.concat([before, random.bytes(1), after.subarray(1)]);
    else if (kind === 1) mutated = Buffer.concat([before, random.bytes(random.integer(1, 9)), after]);
    else if (kind === 2) mutated = Buffer.concat([before, after.subarray(random.integer(1, 9))]);
    else mutated = Buffer.concat([before, after.subarray(0, 20), after]);
  }
  return mutated;
}

export function httpInput(random: SeededRandom): HttpInput {
  const kind = random.integer(0, 19);
  if (kind < 13) return queryInput(random);
  if (kind < 16) return methodInput(random);
  return kind < 18 ? smuggledInput(random) : malformedInput(random);
}
