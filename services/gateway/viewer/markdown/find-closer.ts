import type { SpanKind } from './nodes.ts';

/** How a span begins and ends. */
export interface SpanMark {
  readonly mark: string;
  readonly kind: SpanKind;
}

/** In the order in which they are tried: the longer mark first. */
export const SPAN_MARKS: readonly SpanMark[] = [
  { mark: '**', kind: 'bold' },
  { mark: '__', kind: 'underline' },
  { mark: '~~', kind: 'strike' },
  { mark: '||', kind: 'spoiler' },
  { mark: '*', kind: 'italic' },
  { mark: '_', kind: 'italic' },
];

const isWord = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}_]/u.test(character);
const isBlank = (character: string | undefined): boolean => character === undefined || /\s/.test(character);

/** Whether a span may begin at `at`: `_` not inside a word, so that snake_case stays as it is; `*` before no blank. */
export function canOpen(text: string, at: number, { mark }: SpanMark): boolean {
  if (mark === '_') return !isWord(text[at - 1]) && !isBlank(text[at + 1]);
  return mark !== '*' || !isBlank(text[at + 1]);
}

/** Where the mark that ends a span stands, at `from` or later, or -1. What is escaped ends nothing. The answer does not depend on
 *  where the span began, so that -1 holds for every later `from` too. */
export function findCloser(text: string, from: number, { mark, kind }: SpanMark): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (!text.startsWith(mark, at)) continue;
    else if (mark.length === 1) {
      if (text.startsWith(mark + mark, at)) at += 1;
      else if (endsItalic(text, at, mark)) return at;
    }
    // Of three marks in a row the first belongs to what is inside.
    else if (kind === 'spoiler' || text[at + mark.length] !== mark[0]) return at;
  }
  return -1;
}

const endsItalic = (text: string, at: number, mark: string): boolean =>
  mark === '_' ? !isWord(text[at + 1]) : !isBlank(text[at - 1]);
