import { create, createImage, createLink } from '../dom.ts';
import { formatTime } from './format-time.ts';
import type { Block, Inline, ListBlock } from './nodes.ts';
import { parseMarkdown } from './parse-markdown.ts';

/** What a message mentions by id alone. Null: not known, the id is shown. */
export interface Names {
  user(id: string): string | null;
  channel(id: string): string | null;
  role(id: string): { readonly name: string; readonly color: string | null } | null;
}

/** Discord's markdown as elements: every word of it is a text node. */
export function renderMarkdown(text: string, names: Names): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const block of parseMarkdown(text)) fragment.append(renderBlock(block, names));
  return fragment;
}

const HEADING_TAGS = { 1: 'h4', 2: 'h5', 3: 'h6' } as const;

function renderBlock(block: Block, names: Names): HTMLElement {
  switch (block.kind) {
    case 'paragraph':
      return create('p', isOnlyEmoji(block.children) ? 'jumbo' : '', ...renderAll(block.children, names));
    case 'subtext':
      return create('p', 'subtext', ...renderAll(block.children, names));
    case 'heading':
      return create(HEADING_TAGS[block.level], '', ...renderAll(block.children, names));
    case 'quote':
      return create('blockquote', '', ...block.blocks.map((inner) => renderBlock(inner, names)));
    case 'code-block': {
      const pre = create('pre', '', create('code', '', block.text));
      if (block.language !== null) pre.dataset.language = block.language;
      pre.tabIndex = 0;
      return pre;
    }
    case 'list':
      return renderList(block, names);
  }
}

function renderList({ firstNumber, items }: ListBlock, names: Names): HTMLElement {
  const list = create(firstNumber === null ? 'ul' : 'ol');
  if (list instanceof HTMLOListElement && firstNumber !== null) list.start = firstNumber;
  for (const { children, lists } of items) {
    list.append(create('li', '', ...renderAll(children, names), ...lists.map((inner) => renderList(inner, names))));
  }
  return list;
}

const SPAN_TAGS = { bold: 'strong', italic: 'em', underline: 'u', strike: 's' } as const;

const renderAll = (nodes: readonly Inline[], names: Names): readonly (Node | string)[] =>
  nodes.map((node) => renderInline(node, names));

function renderInline(node: Inline, names: Names): Node | string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'bold':
    case 'italic':
    case 'underline':
    case 'strike':
      return create(SPAN_TAGS[node.kind], '', ...renderAll(node.children, names));
    case 'spoiler':
      return renderSpoiler(renderAll(node.children, names));
    case 'code':
      return create('code', '', node.text);
    case 'link': {
      const link = createLink(node.href, '', ...renderAll(node.children, names));
      link.title = node.href;
      return link;
    }
    case 'user':
      return create('span', 'mention', `@${names.user(node.id) ?? node.id}`);
    case 'channel':
      return create('span', 'mention', `#${names.channel(node.id) ?? node.id}`);
    case 'role': {
      const role = names.role(node.id);
      const mention = create('span', 'mention', `@${role?.name ?? node.id}`);
      if (role?.color) mention.style.setProperty('--author', role.color);
      return mention;
    }
    case 'mention':
      return create('span', 'mention', node.text);
    case 'emoji':
      return createEmoji(node.id, node.name, node.isAnimated);
    case 'time': {
      const { text, iso, full } = formatTime(node.unixSeconds, node.style);
      const time = create('time', 'mention', text);
      time.dateTime = iso;
      time.title = full;
      return time;
    }
  }
}

/** The picture of a custom emoji, its name where there is none. */
export function createEmoji(id: string, name: string, isAnimated: boolean): HTMLElement {
  const source = `https://cdn.discordapp.com/emojis/${encodeURIComponent(id)}.${isAnimated ? 'gif' : 'webp'}?size=48`;
  const image = createImage(source, 'emoji', `:${name}:`, create('span', 'emoji-name', `:${name}:`));
  image.title = `:${name}:`;
  return image;
}

/** Hidden, from screen readers too, until it is asked for by click, Enter or Space. */
function renderSpoiler(children: readonly (Node | string)[]): HTMLElement {
  const words = create('span', 'spoiler-words', ...children);
  const spoiler = create('span', 'spoiler', words);
  const close = (): void => {
    words.inert = true;
    words.ariaHidden = 'true';
    spoiler.role = 'button';
    spoiler.tabIndex = 0;
    spoiler.ariaLabel = 'Spoiler, press to show';
  };
  const open = (event: Event): void => {
    if (spoiler.role === null) return;
    event.preventDefault();
    words.inert = false;
    words.ariaHidden = null;
    for (const name of ['role', 'tabindex', 'aria-label']) spoiler.removeAttribute(name);
  };
  spoiler.addEventListener('click', open);
  spoiler.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') open(event);
  });
  close();
  return spoiler;
}

const MAX_JUMBO_CHARACTERS = 40;
const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|[\u200D\uFE0F\s])+$/u;

/** Discord shows a message of nothing but emoji large. */
const isOnlyEmoji = (nodes: readonly Inline[]): boolean =>
  nodes.every(
    (node) => node.kind === 'emoji' || (node.kind === 'text' && (node.text.trim() === '' || isEmojiText(node.text))),
  );

const isEmojiText = (text: string): boolean => text.length <= MAX_JUMBO_CHARACTERS && ONLY_EMOJI.test(text);
