import { canOpen, findCloser, SPAN_MARKS } from './find-closer.ts';
import type { Inline } from './nodes.ts';
import { parseAngle } from './parse-angle.ts';
import { safeLink } from './safe-url.ts';

/** Spans inside spans; deeper ones stay as they were written. */
const MAX_DEPTH = 10;
const MAX_LABEL_CHARACTERS = 1_000;
const SPECIAL = /[\\`*_~|[<@h¯]/g;
const MAY_BE_ESCAPED = /[^\p{L}\p{N}\s]/u;
const BARE_LINK = /https?:\/\/[^\s<]*[^\s<.,:;"')\]]/y;
const LINK_TARGET =
  /\]\(\s*(?:<([^\s<>]{1,2048})>|([^\s()<>]{1,2048}(?:\([^\s()<>]{0,500}\)[^\s()<>]{0,500}){0,8}))(?:\s+"[^"\n]{0,500}")?\s*\)/y;
const BACKTICKS = /`+/y;
const SHRUG = '¯\\_(ツ)_/¯';

interface Found {
  readonly node: Inline;
  /** Where the text goes on. */
  readonly end: number;
}

/** Text with Discord's spans, links and mentions. Takes time in proportion to the text, whatever stands in it: each kind of span
 *  looks for its end once in vain, and depth is bounded. */
export function parseInline(text: string, depth = 0): readonly Inline[] {
  const nodes: Inline[] = [];
  const endless = new Set<string>();
  let plain = '';
  let at = 0;
  while (at < text.length) {
    SPECIAL.lastIndex = at;
    const next = SPECIAL.exec(text)?.index ?? text.length;
    plain += text.slice(at, next);
    at = next;
    if (at >= text.length) break;
    const found = parseAt(text, at, depth, endless);
    if (found === null) {
      plain += text[at] ?? '';
      at += 1;
    } else if (found.node.kind === 'text') {
      plain += found.node.text;
      at = found.end;
    } else {
      if (plain !== '') nodes.push({ kind: 'text', text: plain });
      plain = '';
      nodes.push(found.node);
      at = found.end;
    }
  }
  if (plain !== '') nodes.push({ kind: 'text', text: plain });
  return nodes;
}

function parseAt(text: string, at: number, depth: number, endless: Set<string>): Found | null {
  switch (text[at]) {
    case '\\':
      return parseEscape(text, at);
    case '`':
      return parseCode(text, at, endless);
    case '<':
      return parseAngle(text, at);
    case '[':
      return depth < MAX_DEPTH ? parseMaskedLink(text, at, depth) : null;
    case 'h':
      return parseBareLink(text, at);
    case '@':
      return parseBroadcast(text, at);
    case '¯':
      return text.startsWith(SHRUG, at) ? { node: { kind: 'text', text: SHRUG }, end: at + SHRUG.length } : null;
    default:
      return depth < MAX_DEPTH ? parseSpan(text, at, depth, endless) : null;
  }
}

function parseEscape(text: string, at: number): Found | null {
  const escaped = String.fromCodePoint(text.codePointAt(at + 1) ?? 0);
  if (at + 1 >= text.length || !MAY_BE_ESCAPED.test(escaped)) return null;
  return { node: { kind: 'text', text: escaped }, end: at + 1 + escaped.length };
}

function backticksAt(text: string, at: number): string {
  BACKTICKS.lastIndex = at;
  return BACKTICKS.exec(text)?.[0] ?? '';
}

/** As many backticks end it as began it. */
function parseCode(text: string, at: number, endless: Set<string>): Found | null {
  const fence = backticksAt(text, at);
  const whole = { node: { kind: 'text', text: fence }, end: at + fence.length } as const;
  if (endless.has(fence)) return whole;
  for (let end = text.indexOf(fence, at + fence.length); end !== -1; ) {
    const run = backticksAt(text, end).length;
    if (run === fence.length) {
      const code = text.slice(at + fence.length, end);
      const inner = /^ [\s\S]*[^ ][\s\S]* $/.test(code) ? code.slice(1, -1) : code;
      return { node: { kind: 'code', text: inner }, end: end + run };
    }
    end = text.indexOf(fence, end + run);
  }
  endless.add(fence);
  return whole;
}

function parseSpan(text: string, at: number, depth: number, endless: Set<string>): Found | null {
  for (const span of SPAN_MARKS) {
    const { mark, kind } = span;
    if (!text.startsWith(mark, at) || endless.has(mark) || !canOpen(text, at, span)) continue;
    const start = at + mark.length;
    const closer = findCloser(text, start + 1, span);
    if (closer === -1) {
      endless.add(mark);
      continue;
    }
    return { node: { kind, children: parseInline(text.slice(start, closer), depth + 1) }, end: closer + mark.length };
  }
  return null;
}

/** `[label](address)`. A label that looks like an address itself would lie about where it leads: it stays text. */
function parseMaskedLink(text: string, at: number, depth: number): Found | null {
  const length = text.slice(at + 1, at + 1 + MAX_LABEL_CHARACTERS).indexOf('](');
  if (length < 1) return null;
  const label = text.slice(at + 1, at + 1 + length);
  LINK_TARGET.lastIndex = at + 1 + length;
  const match = LINK_TARGET.exec(text);
  const href = safeLink(match?.[1] ?? match?.[2] ?? '');
  if (match === null || href === null || label.trim() === '' || /:\/\/|^www\./i.test(label)) return null;
  return { node: { kind: 'link', href, children: parseInline(label, depth + 1) }, end: LINK_TARGET.lastIndex };
}

function parseBareLink(text: string, at: number): Found | null {
  BARE_LINK.lastIndex = at;
  const match = BARE_LINK.exec(text)?.[0];
  if (match === undefined) return null;
  // Of `(see https://example.com/a_(b))` the first `)` belongs to the address.
  const isOpen = match.split('(').length > match.split(')').length && text[at + match.length] === ')';
  const address = isOpen ? `${match})` : match;
  const href = safeLink(address);
  if (href === null) return null;
  return { node: { kind: 'link', href, children: [{ kind: 'text', text: address }] }, end: at + address.length };
}

function parseBroadcast(text: string, at: number): Found | null {
  const word = ['@everyone', '@here'].find((name) => text.startsWith(name, at));
  return word === undefined ? null : { node: { kind: 'mention', text: word }, end: at + word.length };
}
