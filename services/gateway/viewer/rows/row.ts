import type { StoredMessage } from '@dms/protocol';
import { create } from '../dom.ts';
import { type Names, renderMarkdown } from '../markdown/render-markdown.ts';
import type { Entry } from '../model/timeline.ts';
import { createAvatar } from './avatar.ts';
import { renderExtras, renderReply } from './extras.ts';

/** How a row stands among its neighbours. */
export interface RowPlace {
  /** The same author went on writing: no head. */
  readonly isContinued: boolean;
  /** The first of its day. */
  readonly startsDay: boolean;
  /** Several channels are shown together. */
  readonly namesChannel: boolean;
}

const CONTINUED_WITHIN_MS = 7 * 60_000;
/** A message, a reply, an answered command: the words are somebody's own. Others are what Discord says. */
const WRITTEN_TYPES: ReadonlySet<number> = new Set([0, 19, 20, 21, 23]);

const dayOf = (message: StoredMessage): string => new Date(message.timestamp).toDateString();

export function placeRow(message: StoredMessage, previous: Entry | undefined, namesChannel: boolean): RowPlace {
  const before = previous?.message ?? null;
  const startsDay = previous === undefined ? true : before !== null && dayOf(before) !== dayOf(message);
  const isContinued =
    !startsDay &&
    before !== null &&
    before.author.id === message.author.id &&
    before.display.author_name === message.display.author_name &&
    before.channel_id === message.channel_id &&
    message.referenced_message === undefined &&
    WRITTEN_TYPES.has(message.type) &&
    WRITTEN_TYPES.has(before.type) &&
    Date.parse(message.timestamp) - Date.parse(before.timestamp) < CONTINUED_WITHIN_MS;
  return { isContinued, startsDay, namesChannel };
}

/** Names that a message's own mentions give, and else those of `names`. */
const withMentions = (names: Names, { mentions }: StoredMessage): Names => ({
  ...names,
  user(id) {
    const user = mentions?.find((mentioned) => mentioned.id === id);
    return user === undefined ? names.user(id) : (user.global_name ?? user.username);
  },
});

/** One row of a list of messages. `data-id` is the message's. */
export function createRow({ id, message }: Entry, place: RowPlace, outerNames: Names): HTMLLIElement {
  const row = create('li', 'row');
  row.dataset.id = id;
  if (message === null) {
    row.classList.add('deleted');
    row.append(create('p', 'text', 'deleted'));
    return row;
  }
  const names = withMentions(outerNames, message);
  if (place.startsDay) row.append(createDay(message));
  row.classList.toggle('continued', place.isContinued);
  if (!WRITTEN_TYPES.has(message.type)) {
    row.classList.add('system');
    row.append(create('p', 'text', message.display.text || 'Discord said something', ' ', createTime(message)));
    row.append(...renderExtras(message, names));
    return row;
  }
  const reply = renderReply(message, names);
  if (reply !== null) row.append(reply);
  if (!place.isContinued) {
    row.append(
      createAvatar(message.display.author_name, message.display.author_avatar_url),
      createHead(message, place),
    );
  } else {
    row.append(createTime(message));
  }
  row.append(createText(message, names), ...renderExtras(message, names));
  return row;
}

function createDay(message: StoredMessage): HTMLElement {
  const day = new Date(message.timestamp).toLocaleDateString(undefined, { dateStyle: 'long' });
  return create('p', 'day', create('span', '', day));
}

function createTime({ timestamp }: StoredMessage): HTMLTimeElement {
  const sentAt = new Date(timestamp);
  const time = create('time', 'about', sentAt.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
  time.dateTime = timestamp;
  time.title = sentAt.toLocaleString();
  return time;
}

function createHead(message: StoredMessage, { namesChannel }: RowPlace): HTMLElement {
  const { author_name: name, author_color: color, channel_name: channel } = message.display;
  const author = create('span', 'author', name);
  if (color !== null) author.style.setProperty('--author', color);
  const head = create('div', 'head', author);
  if (message.webhook_id !== undefined || message.author.bot === true) head.append(create('span', 'badge', 'APP'));
  if (namesChannel) head.append(create('span', 'about channel', `#${channel}`));
  head.append(createTime(message));
  return head;
}

function createText(message: StoredMessage, names: Names): HTMLElement {
  const text = create('div', 'text markdown');
  if (message.display.content_available === false) text.append(create('p', 'about', '(Discord withheld the text)'));
  // Components say what they say in the plain text alone.
  const words = message.content === '' && message.components?.length ? message.display.text : message.content;
  text.append(renderMarkdown(words, names));
  if (message.edited_timestamp !== null) {
    const edited = create('span', 'about edited', '(edited)');
    edited.title = new Date(message.edited_timestamp).toLocaleString();
    const { lastElementChild: last } = text;
    if (last instanceof HTMLParagraphElement) last.append(' ', edited);
    else text.append(edited);
  }
  return text;
}
