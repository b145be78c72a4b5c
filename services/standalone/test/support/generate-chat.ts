import { type SeededRandom, seededRandom } from '@dms/test-kit';
import type { ChatLine } from './chat.ts';

const USERS = [
  'Ada',
  'Björn',
  'Chloé',
  'Dmitri',
  'Eun-ji',
  'Fatima',
  'Gonzalo',
  'Hana',
  'Ìdòwú',
  'José',
  'Κώστας',
  'Łucja',
];
const WORDS = [
  'stream',
  'replay',
  'because',
  'macro',
  'lambda',
  'café',
  'naïve',
  'przykład',
  'пример',
  'דוגמה',
  'مثال',
  '例え',
  '예시',
  'ตัวอย่าง',
];
/** Things that break careless code: joined emoji, combining marks, both directions, markup of every kind, escapes. */
const ODDITIES = [
  '👩‍👩‍👧‍👦',
  '🇪🇺',
  'Z̷͈̓a̸̧͝l̶̺̐g̵̭̈́o̵',
  '\u202Etxet desrever\u202C',
  '<img src=x onerror="alert(1)">',
  '</script><script>alert(1)</script>',
  '**bold _nested_** ~~gone~~ ||hidden||',
  '```ts\nconst a = `b\\n`;\n```',
  '<@123456789012345678> <#1> <:smile:2> <t:1700000000:R>',
  '\\"quotes\\" \\u0000 \t tab',
  "'; DROP TABLE message; --",
  '{"op":0,"t":"MESSAGE_CREATE"}',
  'line one\nline two\r\nline three',
  '\uFEFFwith a mark',
];
const ODD_SHARE = 0.25;
const LONG_SHARE = 0.01;
/** Discord's limit with Nitro. */
const LONGEST_TEXT = 4_000;

/** The same seed gives the same chat: one channel, a few busy people, words of many scripts, some very long texts. */
export function generateChat(count: number, seed: number): readonly ChatLine[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => ({
    community: 'made-up',
    channel: 'general',
    // The square favours the first names, as real chats have a few who write most.
    user: random.pick(USERS.slice(0, 1 + Math.floor(random.next() ** 2 * USERS.length))),
    text: textOf(random, index),
  }));
}

function textOf(random: SeededRandom, index: number): string {
  const words = Array.from({ length: random.integer(1, 40) }, () => random.pick(WORDS));
  if (random.next() < ODD_SHARE) words.splice(random.integer(0, words.length), 0, random.pick(ODDITIES));
  const text = `${index} ${words.join(' ')}`;
  return random.next() < LONG_SHARE ? text.repeat(100).slice(0, LONGEST_TEXT) : text;
}
