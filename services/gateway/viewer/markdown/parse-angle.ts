import type { Inline } from './nodes.ts';
import { safeLink } from './safe-url.ts';

type Reader = readonly [pattern: RegExp, read: (match: RegExpExecArray) => Inline | null];

/** Everything that stands between angle brackets. */
const READERS: readonly Reader[] = [
  [/<@!?(\d{1,20})>/y, ([, id = '']) => ({ kind: 'user', id })],
  [/<@&(\d{1,20})>/y, ([, id = '']) => ({ kind: 'role', id })],
  [/<#(\d{1,20})>/y, ([, id = '']) => ({ kind: 'channel', id })],
  [
    /<(a?):(\w{1,64}):(\d{1,20})>/y,
    ([, animated, name = '', id = '']) => ({ kind: 'emoji', id, name, isAnimated: animated === 'a' }),
  ],
  [
    /<t:(-?\d{1,13})(?::([tTdDfFsSR]))?>/y,
    ([, seconds, style = 'f']) => ({ kind: 'time', unixSeconds: Number(seconds), style }),
  ],
  [/<(\/[^<>:\n]{1,100}):\d{1,20}>/y, ([, text = '']) => ({ kind: 'mention', text })],
  [/<id:(customize|browse|guide|home|linked-roles)>/y, ([, text = '']) => ({ kind: 'mention', text })],
  [/<((?:https?:\/\/|mailto:)[^\s<>]{1,2048})>/y, ([, address = '']) => linkTo(address)],
];

const linkTo = (address: string): Inline | null => {
  const href = safeLink(address);
  return href === null ? null : { kind: 'link', href, children: [{ kind: 'text', text: address }] };
};

/** What begins with the `<` at `at`, and where it ends; null when that is a plain character. */
export function parseAngle(text: string, at: number): { readonly node: Inline; readonly end: number } | null {
  for (const [pattern, read] of READERS) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    const node = match === null ? null : read(match);
    if (node !== null) return { node, end: pattern.lastIndex };
  }
  return null;
}
