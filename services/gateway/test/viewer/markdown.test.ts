import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Block, Inline } from '../../viewer/markdown/nodes.ts';
import { parseMarkdown } from '../../viewer/markdown/parse-markdown.ts';
import { safeLink, safeMedia } from '../../viewer/markdown/safe-url.ts';

/** The tree as one line: `bold[a italic[b]]`. */
function write(blocks: readonly Block[]): string {
  return blocks.map(writeBlock).join(' | ');
}

function writeBlock(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return writeInline(block.children);
    case 'subtext':
      return `small[${writeInline(block.children)}]`;
    case 'heading':
      return `h${block.level}[${writeInline(block.children)}]`;
    case 'quote':
      return `quote[${write(block.blocks)}]`;
    case 'code-block':
      return `pre(${block.language ?? ''})[${block.text}]`;
    case 'list': {
      const items = block.items.map(({ children, lists }) => `${writeInline(children)}${write(lists)}`);
      return `${block.firstNumber ?? 'list'}[${items.join('; ')}]`;
    }
  }
}

const writeInline = (nodes: readonly Inline[]): string => nodes.map(writeNode).join('');

function writeNode(node: Inline): string {
  switch (node.kind) {
    case 'text':
    case 'mention':
      return node.text;
    case 'code':
      return `code[${node.text}]`;
    case 'link':
      return `link(${node.href})[${writeInline(node.children)}]`;
    case 'user':
    case 'channel':
    case 'role':
      return `${node.kind}(${node.id})`;
    case 'emoji':
      return `emoji(${node.name} ${node.id}${node.isAnimated ? ' animated' : ''})`;
    case 'time':
      return `time(${node.unixSeconds} ${node.style})`;
    default:
      return `${node.kind}[${writeInline(node.children)}]`;
  }
}

const parsed = (text: string): string => write(parseMarkdown(text));

/** Everything a reader would see of it. */
function textOf(blocks: readonly Block[]): string {
  return JSON.stringify(blocks);
}

function linksOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(linksOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'href' && typeof inner === 'string' ? [inner] : linksOf(inner),
  );
}

describe('Discord’s markdown', () => {
  it.each([
    [
      '**bold** *slanted* _slanted_ __under__ ~~gone~~',
      'bold[bold] italic[slanted] italic[slanted] underline[under] strike[gone]',
    ],
    ['***both***', 'bold[italic[both]]'],
    ['**a *b* c**', 'bold[a italic[b] c]'],
    ['a ||secret **b**|| c', 'a spoiler[secret bold[b]] c'],
    ['snake_case_name and 2 * 3 * 4', 'snake_case_name and 2 * 3 * 4'],
    ['**never closed', '**never closed'],
    ['\\*\\*plain\\*\\* ¯\\_(ツ)_/¯', '**plain** ¯\\_(ツ)_/¯'],
    ['`**code**` ``a ` b``', 'code[**code**] code[a ` b]'],
    ['line one\nline two', 'line one\nline two'],
  ])('reads spans: %s', (text, tree) => {
    expect(parsed(text)).toBe(tree);
  });

  it.each([
    ['# One\n## Two\n### Three\n#### four\n#five', 'h1[One] | h2[Two] | h3[Three] | #### four\n#five'],
    ['-# small', 'small[small]'],
    ['> a\n> **b**\nc', 'quote[a\nbold[b]] | c'],
    ['before\n>>> a\nb', 'before | quote[a\nb]'],
    ['- a\n- b\n  - c\n- d', 'list[a; blist[c]; d]'],
    ['3. a\n4. b', '3[a; b]'],
    ['see\n```ts\nconst a = 1;\n```\ndone', 'see | pre(ts)[const a = 1;] | done'],
    ['```no end', '```no end'],
    ['```one line```', 'pre()[one line]'],
  ])('reads blocks: %j', (text, tree) => {
    expect(parsed(text)).toBe(tree);
  });

  it.each([
    ['<@1> <@!2> <@&3> <#4> @everyone @here', 'user(1) user(2) role(3) channel(4) @everyone @here'],
    ['<:party:5> <a:dance:6>', 'emoji(party 5) emoji(dance 6 animated)'],
    ['<t:1700000000> <t:1700000000:R>', 'time(1700000000 f) time(1700000000 R)'],
    ['</play song:7> <id:browse>', '/play song browse'],
    ['<@abc> <t:x> <:a b:1>', '<@abc> <t:x> <:a b:1>'],
  ])('reads mentions, emoji and times: %s', (text, tree) => {
    expect(parsed(text)).toBe(tree);
  });

  it.each([
    ['[site](https://example.com/a "title")', 'link(https://example.com/a)[site]'],
    ['see https://example.com/a_(b), ok', 'see link(https://example.com/a_(b))[https://example.com/a_(b)], ok'],
    ['<https://example.com>', 'link(https://example.com/)[https://example.com]'],
    ['[write](mailto:a@example.com)', 'link(mailto:a@example.com)[write]'],
    ['[x](javascript:alert(1))', '[x](javascript:alert(1))'],
    ['[x](data:text/html,y)', '[x](data:text/html,y)'],
    ['<javascript:alert(1)>', '<javascript:alert(1)>'],
  ])('links to http, https and mailto only: %s', (text, tree) => {
    expect(parsed(text)).toBe(tree);
  });

  it('does not let a link call itself another address', () => {
    const links = linksOf(parseMarkdown('[https://bank.example](https://thief.example)'));
    expect(links).not.toContain('https://thief.example/)');
    expect(parsed('[https://bank.example](https://thief.example)')).toContain('[https://bank.example]');
  });

  it('never throws, never loses letters or digits, and never links elsewhere, whatever is written', () => {
    const marks = fc.constantFrom(
      '*',
      '**',
      '_',
      '__',
      '~~',
      '||',
      '`',
      '```',
      '[',
      '](',
      ')',
      '<',
      '>',
      '<@',
      '#',
      '# ',
      '- ',
      '> ',
      '>>> ',
      '\\',
      '\n',
      ' ',
    );
    const words = fc.constantFrom('word', '12', 'https://example.com', 'javascript:x', 'é', '😀', 'b');
    fc.assert(
      fc.property(
        fc.array(fc.oneof(marks, words, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 60 }),
        (parts) => {
          const text = parts.join('');
          const blocks = parseMarkdown(text);
          const shown = textOf(blocks);
          for (const word of ['word', 'é', '😀']) {
            expect(shown.split(word).length).toBeGreaterThanOrEqual(text.split(word).length);
          }
          for (const href of linksOf(blocks)) expect(new URL(href).protocol).toMatch(/^(https?|mailto):$/);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('leaves text without marks exactly as it is', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-gi-zA-Z0-9 .,!?]+$/), (text) => {
        fc.pre(!/^\s*\d+\./.test(text));
        expect(parseMarkdown(text)).toEqual([{ kind: 'paragraph', children: [{ kind: 'text', text }] }]);
      }),
    );
  });

  // Each took minutes or for ever in a parser that looks for every end from every beginning.
  it.each([
    '*',
    '**',
    '_',
    '||',
    '`',
    '[',
    '](',
    '<',
    '> ',
    '- ',
    '*a ',
    '**a',
    '[a](',
    '`` ` ',
    '\\',
    '```\n',
    '_a',
    '||a',
    'http://',
  ])(
    'reads 60,000 characters of %j in time',
    (mark) => {
      const text = mark.repeat(Math.ceil(60_000 / mark.length));
      expect(parseMarkdown(text).length).toBeGreaterThan(0);
    },
    10_000,
  );
});

describe('addresses', () => {
  it('loads pictures over https only', () => {
    expect(safeMedia('https://cdn.discordapp.com/a.png')).toBe('https://cdn.discordapp.com/a.png');
    for (const address of ['http://a.example/a.png', 'data:image/svg+xml,x', 'javascript:1', 'x', null, undefined]) {
      expect(safeMedia(address)).toBeNull();
    }
  });

  it('sees through tabs, blanks and capitals', () => {
    for (const address of [
      'java\tscript:alert(1)',
      ' JavaScript:alert(1)',
      'vbscript:x',
      'file:///etc/passwd',
      '//a.example',
    ]) {
      expect(safeLink(address)).toBeNull();
    }
  });
});
