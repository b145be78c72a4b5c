import type { StoredMessage } from '@dms/protocol';
import { create, createImage } from '../dom.ts';
import { createEmoji, type Names, renderMarkdown } from '../markdown/render-markdown.ts';
import { safeMedia } from '../markdown/safe-url.ts';
import { isMessage } from '../model/message.ts';
import { renderAttachment } from './attachments.ts';
import { createAvatar } from './avatar.ts';
import { renderEmbed } from './embed.ts';

const LOTTIE = 3;
const GIF = 4;
const POLL_RESULT = 'poll_result';

/** What a message has beside its words: files, cards, stickers, a poll, what it forwards, and who reacted how often. */
export function renderExtras(message: StoredMessage, names: Names): readonly HTMLElement[] {
  const parts: HTMLElement[] = [];
  for (const snapshot of message.message_snapshots ?? []) parts.push(renderForward(snapshot.message, names));
  if (message.attachments?.length)
    parts.push(create('div', 'attachments', ...message.attachments.map(renderAttachment)));
  for (const embed of message.embeds ?? []) {
    // What a poll ended with is a list of keys for programs; the message's own text says it to people.
    if (String(embed.type) !== POLL_RESULT) parts.push(renderEmbed(embed, names));
  }
  for (const sticker of message.sticker_items ?? []) parts.push(renderSticker(sticker));
  if (message.poll) parts.push(renderPoll(message.poll));
  if (message.reactions?.length) parts.push(renderReactions(message.reactions));
  if (message.thread) parts.push(create('p', 'thread-note', `Thread: ${message.thread.name}`));
  return parts;
}

function renderForward(
  forwarded: NonNullable<StoredMessage['message_snapshots']>[number]['message'],
  names: Names,
): HTMLElement {
  const quote = create('blockquote', 'forward', create('span', 'about', 'Forwarded'));
  quote.append(create('div', 'markdown', renderMarkdown(forwarded.content ?? '', names)));
  for (const attachment of forwarded.attachments ?? []) quote.append(renderAttachment(attachment));
  for (const embed of forwarded.embeds ?? []) quote.append(renderEmbed(embed, names));
  return quote;
}

function renderSticker({ id, name, format_type }: NonNullable<StoredMessage['sticker_items']>[number]): HTMLElement {
  const label = create('span', 'sticker-name', `Sticker: ${name}`);
  // Vector animations are a program; only pictures are shown.
  if (format_type === LOTTIE) return label;
  const source = `https://media.discordapp.net/stickers/${encodeURIComponent(id)}.${format_type === GIF ? 'gif' : 'png'}?size=160`;
  return createImage(source, 'sticker', name, label);
}

function renderPoll(poll: NonNullable<StoredMessage['poll']>): HTMLElement {
  const counts = new Map(poll.results?.answer_counts.map(({ id, count }) => [id, count]));
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const list = create('ul', 'poll-answers');
  for (const { answer_id, poll_media } of poll.answers) {
    const count = counts.get(answer_id) ?? 0;
    const bar = create('meter', 'poll-bar');
    bar.max = Math.max(1, total);
    bar.value = count;
    bar.ariaLabel = `${count} of ${total} votes`;
    const emoji = poll_media.emoji?.name && !poll_media.emoji.id ? `${poll_media.emoji.name} ` : '';
    list.append(
      create(
        'li',
        '',
        create('span', '', `${emoji}${poll_media.text ?? ''}`),
        create('span', 'about', String(count)),
        bar,
      ),
    );
  }
  const state = poll.results?.is_finalized ? 'ended' : 'open';
  return create(
    'div',
    'poll',
    create('strong', '', poll.question.text ?? ''),
    list,
    create('span', 'about', `${total} votes · ${state}`),
  );
}

function renderReactions(reactions: NonNullable<StoredMessage['reactions']>): HTMLElement {
  const list = create('ul', 'reactions');
  list.ariaLabel = 'Reactions';
  for (const { emoji, count } of reactions) {
    const name = emoji.name ?? '';
    const sign = emoji.id ? createEmoji(emoji.id, name, emoji.animated === true) : create('span', '', name);
    list.append(create('li', '', sign, create('span', 'count', String(count))));
  }
  return list;
}

/** The line above a reply that says what it answers. */
export function renderReply(message: StoredMessage, names: Names): HTMLElement | null {
  const answered = message.referenced_message;
  if (answered === undefined) return null;
  if (answered === null) return create('p', 'reply', create('em', '', 'The message answered is gone'));
  const name = answered.author.global_name ?? answered.author.username;
  const text = isMessage(answered) ? answered.display.text : plain(answered.content, names);
  return create(
    'p',
    'reply',
    createAvatar(name, avatarOf(answered.author), 'avatar tiny'),
    create('span', 'reply-author', name),
    create('span', 'reply-text', text || (answered.attachments?.length ? 'an attachment' : '…')),
  );
}

const MAX_QUOTE_CHARACTERS = 300;
const plain = (content: string, names: Names): string =>
  renderMarkdown(content.slice(0, MAX_QUOTE_CHARACTERS), names).textContent ?? '';

const avatarOf = ({ id, avatar }: StoredMessage['author']): string | null =>
  avatar === null
    ? null
    : safeMedia(`https://cdn.discordapp.com/avatars/${id}/${encodeURIComponent(avatar)}.webp?size=32`);
