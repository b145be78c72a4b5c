import type { Block, ListBlock, ListItem } from './nodes.ts';
import { parseInline } from './parse-inline.ts';

const FENCE = '```';
const MAX_LIST_DEPTH = 10;
const HEADING = /^(#{1,3})[ \t]+(\S.*)$/;
const SUBTEXT = /^-#[ \t]+(\S.*)$/;
const QUOTE = /^> (.*)$/;
const QUOTE_REST = /^>>> ?/;
const LIST_LINE = /^( *)(?:[-*]|(\d{1,9})\.)[ \t]+(\S.*)$/;

/** Discord's markdown. Never throws, and takes time in proportion to the text. */
export function parseMarkdown(text: string): readonly Block[] {
  const blocks: Block[] = [];
  let from = 0;
  for (;;) {
    const fence = findFence(text, from);
    const before = text.slice(from, fence?.start ?? text.length);
    // The line that a code block stands on is the block's own.
    const lines = fence === null ? before : before.replace(/\n$/, '');
    if (lines !== '') blocks.push(...parseLines(lines.split('\n'), false));
    if (fence === null) return blocks;
    blocks.push({ kind: 'code-block', language: fence.language, text: fence.text });
    from = text[fence.end] === '\n' ? fence.end + 1 : fence.end;
  }
}

interface Fence {
  readonly start: number;
  readonly end: number;
  readonly language: string | null;
  readonly text: string;
}

function findFence(text: string, from: number): Fence | null {
  let start = text.indexOf(FENCE, from);
  while (start !== -1) {
    const close = text.indexOf(FENCE, start + FENCE.length);
    if (close === -1) return null;
    const body = text.slice(start + FENCE.length, close);
    if (text[start - 1] !== '\\' && body.trim() !== '') {
      const language = /^([\w+\-.#]{1,32})\n/.exec(body)?.[1] ?? null;
      const code = language === null ? body : body.slice(language.length);
      return { start, end: close + FENCE.length, language, text: code.replace(/^\n+/, '').trimEnd() };
    }
    start = close;
  }
  return null;
}

function parseLines(lines: readonly string[], isQuoted: boolean): readonly Block[] {
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const endParagraph = (): void => {
    if (paragraph.length > 0) blocks.push({ kind: 'paragraph', children: parseInline(paragraph.join('\n')) });
    paragraph = [];
  };
  for (let at = 0; at < lines.length; ) {
    const taken = parseBlock(lines, at, isQuoted);
    if (taken === null) {
      paragraph.push(lines[at] ?? '');
      at += 1;
    } else {
      endParagraph();
      blocks.push(taken.block);
      at = taken.next;
    }
  }
  endParagraph();
  return blocks;
}

interface Taken {
  readonly block: Block;
  /** The first line that does not belong to it. */
  readonly next: number;
}

function parseBlock(lines: readonly string[], at: number, isQuoted: boolean): Taken | null {
  const line = lines[at] ?? '';
  const [, marks, title] = HEADING.exec(line) ?? [];
  if (marks !== undefined && title !== undefined) {
    const level = marks.length === 1 ? 1 : marks.length === 2 ? 2 : 3;
    return { block: { kind: 'heading', level, children: parseInline(title) }, next: at + 1 };
  }
  const small = SUBTEXT.exec(line)?.[1];
  if (small !== undefined) return { block: { kind: 'subtext', children: parseInline(small) }, next: at + 1 };
  if (!isQuoted && line.startsWith('>')) return parseQuote(lines, at);
  return LIST_LINE.test(line) ? parseList(lines, at) : null;
}

/** `>>> ` quotes everything that follows, `> ` one line. Quotes do not nest. */
function parseQuote(lines: readonly string[], at: number): Taken | null {
  const line = lines[at] ?? '';
  if (QUOTE_REST.test(line)) {
    const rest = [line.replace(QUOTE_REST, ''), ...lines.slice(at + 1)];
    return { block: { kind: 'quote', blocks: parseLines(rest, true) }, next: lines.length };
  }
  const quoted: string[] = [];
  for (let next = at; next < lines.length; next += 1) {
    const text = QUOTE.exec(lines[next] ?? '')?.[1];
    if (text === undefined) break;
    quoted.push(text);
  }
  if (quoted.length === 0) return null;
  return { block: { kind: 'quote', blocks: parseLines(quoted, true) }, next: at + quoted.length };
}

interface ListLine {
  readonly depth: number;
  readonly number: number | null;
  readonly text: string;
}

function parseList(lines: readonly string[], at: number): Taken {
  const items: ListLine[] = [];
  for (let next = at; next < lines.length; next += 1) {
    const match = LIST_LINE.exec(lines[next] ?? '');
    if (match === null) break;
    const [, indent = '', number, text = ''] = match;
    const depth = Math.min(MAX_LIST_DEPTH, Math.ceil(indent.length / 2));
    items.push({ depth, number: number === undefined ? null : Number(number), text });
  }
  return { block: nest(items), next: at + items.length };
}

/** Items that stand deeper belong to the one before them. */
function nest(lines: readonly ListLine[]): ListBlock {
  const [first] = lines;
  const items: ListItem[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    if (line === undefined) break;
    let end = at + 1;
    while ((lines[end]?.depth ?? -1) > (first?.depth ?? 0)) end += 1;
    const deeper = lines.slice(at + 1, end);
    items.push({ children: parseInline(line.text), lists: deeper.length === 0 ? [] : [nest(deeper)] });
    at = end;
  }
  return { kind: 'list', firstNumber: first?.number ?? null, items };
}
