import type { SeededRandom } from '@dms/test-kit';

export const chance = (random: SeededRandom, probability: number): boolean => random.next() < probability;

/** What breaks parsers, templates, paths, numbers, queries and terminals. */
const EVIL = [
  ...[
    '',
    ' ',
    '\0',
    '\t',
    '\r\n',
    '\\',
    '"',
    "'",
    '`',
    ';',
    '--',
    '#',
    '%',
    '%00',
    '%zz',
    '%c0%ae',
    '%0d%0aX: y',
    '+',
    ',',
    ',,',
  ],
  ...[
    'null',
    'undefined',
    'true',
    'NaN',
    'Infinity',
    '[]',
    '{}',
    '[object Object]',
    '__proto__',
    'constructor',
    'toString',
  ],
  ...[
    '0',
    '-0',
    '-1',
    '1.5',
    '1e309',
    '1e5',
    '0x10',
    '0b1',
    '1_000',
    '+1',
    ' 1',
    '01',
    '١٢٣',
    '１',
    '4294967296',
    '2147483648',
  ],
  ...['9007199254740991', '9007199254740993', '9223372036854775807', '9223372036854775808', '18446744073709551616'],
  ...['0:0', '1:1', ':', '::', '1:', ':1', '01:1', 'a:b', '-1:1', '1:-1', '1:1:1', '9007199254740991:9007199254740991'],
  ...['9007199254740992:1', '1.0:1', '1e3:1', '１:１', '0:9007199254740991', '1:9007199254740991'],
  ...['latest', 'all', 'LATEST', '10m', '0s', '999999d', '999999s', '1000000d', '-5m', '5x', '1.5h', '10 m'],
  ...[
    '2026-01-01',
    '2026-02-30',
    '2026-13-01',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999999Z',
    '10000-01-01',
  ],
  ...[
    '2026-01-01T00:00:00+99:99',
    '2026-01-01T25:00:00Z',
    '2026-01-01T00:00Z',
    '-000001-01-01',
    '0001-01-01T00:00:00-23:59',
  ],
  ...[
    "' OR 1=1 --",
    "1'; DROP TABLE message; --",
    '1 UNION SELECT 1',
    'pg_sleep(9)',
    '$1',
    '%s%n',
    '{{7*7}}',
    `\${7*7}`,
  ],
  ...[
    '<script>alert(1)</script>',
    '../../etc/passwd',
    '..%2f..%2fetc%2fpasswd',
    '/etc/passwd',
    'file:///etc/passwd',
    '//evil',
  ],
  ...[
    '\u202Egnirts',
    'e\u0301'.repeat(9),
    '👩‍👩‍👧‍👦',
    '\uFEFF',
    '\uD800',
    '\uDFFF\uD800',
    'ｎｕｌｌ',
    '\u0000\u0001',
    'İ',
    'ß',
    '\x1b[31m',
  ],
  ...[
    '1'.repeat(40),
    'x'.repeat(300),
    'MESSAGE_CREATE',
    'message_create',
    'MESSAGE_CREATE,MESSAGE_CREATE',
    'json',
    'sse',
    'ndjson',
  ],
];

/** What the routes take, so that hostile values also meet those that get past the first check. */
const SOUND = [
  '1',
  '5',
  '10',
  '11',
  '400',
  '500',
  '900',
  '100',
  '50',
  'true',
  'false',
  '10,11',
  'latest',
  'all',
  '1h',
  '2026-01-01',
  'MESSAGE_CREATE',
];

const characters = (random: SeededRandom, length: number): string =>
  String.fromCodePoint(...Array.from({ length }, () => random.integer(0, chance(random, 0.7) ? 0x7f : 0x1_0f_ff)));

/** A value for any parameter, header or field. */
export function evilText(random: SeededRandom): string {
  const kind = random.integer(0, 19);
  if (kind < 10) return random.pick(EVIL);
  if (kind < 14) return random.pick(SOUND);
  if (kind < 16) return `${random.pick(EVIL)}${random.pick(SOUND)}${random.pick(EVIL)}`;
  if (kind < 17) return Array.from({ length: random.integer(1, 300) }, () => random.pick(SOUND)).join(',');
  if (kind < 18) return random.pick(EVIL).repeat(random.integer(1, 60)).slice(0, 3_000);
  return characters(random, random.integer(1, 40));
}

/** Any JSON value, up to a few thousand characters, as text that `JSON.parse` takes. */
export function evilJson(random: SeededRandom, depth = 0): string {
  const kind = random.integer(0, depth > 4 ? 6 : 11);
  if (kind < 2) return JSON.stringify(evilText(random).slice(0, 200));
  if (kind < 4)
    return random.pick([
      '0',
      '-0',
      '1',
      '101',
      '1e309',
      '-1e309',
      '1.5',
      '1E-400',
      '9007199254740993',
      '1e5',
      '4503599627370497.5',
    ]);
  if (kind < 5) return random.pick(['null', 'true', 'false', '""', '[]', '{}']);
  if (kind < 6) return '['.repeat(random.integer(1, 600)).replace(/$/, (_end, at: number) => ']'.repeat(at));
  if (kind < 7) return `"${'\\u0000'.repeat(random.integer(0, 5))}\\ud800"`;
  const size = random.integer(0, 5);
  const values = Array.from({ length: size }, () => evilJson(random, depth + 1));
  if (kind < 9) return `[${values.join(',')}]`;
  return `{${values.map((value) => `${JSON.stringify(evilKey(random))}:${value}`).join(',')}}`;
}

const KEYS = [
  'op',
  'd',
  't',
  's',
  'guild_id',
  'channel_id',
  'author_id',
  'types',
  'since',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'length',
  '',
];

const evilKey = (random: SeededRandom): string =>
  chance(random, 0.8) ? random.pick(KEYS) : evilText(random).slice(0, 50);

/** Text as bytes, whatever it holds: UTF-8 or, now and then, one byte for each character, none of which ends a line. */
export const evilBytes = (text: string, random: SeededRandom): Buffer =>
  chance(random, 0.9) ? Buffer.from(text) : Buffer.from(text.replace(/[^\0-\xff]/g, '\xe9'), 'latin1');
