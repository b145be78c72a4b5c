import { type ForgottenAuthors, isForgotten } from './forgotten-authors.ts';
import { isRow } from './rows.ts';

/** How a message's text names users: the objects in it, and mentions in what people wrote. */
const NAMED = /"id":"(\d+)"|<@!?(\d+)>/g;
const NOBODY = 'unknown-user';
/** What Discord writes between angle brackets and the mirror resolves. */
const REFERENCE =
  /<(?:@!?(?<user>\d+)|@&\d+|(?<channel>#)\d+|a?(?<emoji>:\w+:)\d+|(?<time>t):-?\d{1,12}(?::\w)?|(?<command>\/[^:<>]{1,100}):\d+|id:(?<page>[\w-]+)(?::\d+)?)>/g;

/** The JSON text of a message object without what it carries of forgotten people: quotes of their messages become null, as
 *  Discord shows a deleted one, their user objects go, and their names in the resolved text become `unknown-user`. The
 *  mention in the content stays, it is their bare id. The very same text when there is nothing to take out; null when it is
 *  no JSON, which cannot be judged. */
export function redactMessage(payload: string, messageId: string, forgotten: ForgottenAuthors): string | null {
  const isNamed = [...payload.matchAll(NAMED)].some(([, user, mention]) =>
    forgotten.authors.has(user ?? mention ?? ''),
  );
  if (!isNamed) return payload;
  const message = parse(payload);
  if (message === null) return null;
  const isGone = (userId: string): boolean => isForgotten(forgotten, userId, messageId);
  const names = new Set<string>();
  const redacted = withoutUsers(message, { forgotten, isGone, names });
  // The first message of a thread shows the words of the message that it quotes, and has none of its own.
  const isQuoteShown = message.content === '' && message.referenced_message !== null;
  const isWordless = isQuoteShown && redacted.referenced_message === null;
  const shown = isRow(redacted.display) ? withoutNames(redacted.display, message.content, isGone, names) : undefined;
  const display = shown !== undefined && isWordless ? { ...shown, text: '' } : shown;
  const text = JSON.stringify(display === undefined ? redacted : { ...redacted, display });
  return text === JSON.stringify(message) ? payload : text;
}

interface Rule {
  readonly forgotten: ForgottenAuthors;
  /** As far as this message is concerned. */
  readonly isGone: (userId: string) => boolean;
  /** Collects what the users that go were called. */
  readonly names: Set<string>;
}

type JsonObject = Readonly<Record<string, unknown>>;

function parse(payload: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(payload);
    return isRow(value) ? value : null;
  } catch {
    return null;
  }
}

function withoutUsers(object: JsonObject, rule: Rule): JsonObject {
  const fields = Object.entries(object).flatMap(([key, value]): (readonly [string, unknown])[] => {
    if (key === 'referenced_message' && isRow(value) && isQuoteGone(value, rule)) return [[key, null]];
    // `resolved` of a command names users by key.
    if (isUserGone(value, rule) || (isRow(value) && rule.isGone(key))) return [];
    return [[key, without(value, rule)]];
  });
  return Object.fromEntries(fields);
}

function without(value: unknown, rule: Rule): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isUserGone(item, rule)).map((item) => without(item, rule));
  return isRow(value) ? withoutUsers(value, rule) : value;
}

function isQuoteGone(message: JsonObject, { forgotten, isGone }: Rule): boolean {
  const { author, id } = message;
  const authorId = isRow(author) ? String(author.id) : '';
  return isGone(authorId) || (typeof id === 'string' && isForgotten(forgotten, authorId, id));
}

/** A user object, of which the names are noted. */
function isUserGone(value: unknown, { isGone, names }: Rule): boolean {
  if (!isRow(value) || typeof value.id !== 'string' || !('username' in value) || !isGone(value.id)) return false;
  const nick = isRow(value.member) ? value.member.nick : null;
  for (const name of [nick, value.global_name, value.username]) {
    if (typeof name === 'string' && name !== '') names.add(name);
  }
  return true;
}

/** The names of `display.text`: found by laying the content over it, and by what the mentioned users are called. */
function withoutNames(
  display: JsonObject,
  content: unknown,
  isGone: (userId: string) => boolean,
  names: ReadonlySet<string>,
): JsonObject {
  if (typeof display.text !== 'string') return display;
  let text = typeof content === 'string' ? withoutMentions(display.text, content, isGone) : display.text;
  const longestFirst = [...names].sort((a, b) => b.length - a.length);
  for (const name of longestFirst) text = text.replaceAll(`@${name}`, `@${NOBODY}`);
  return { ...display, text };
}

/** The text of a content as its resolved text is built: fixed words with a name, or a time, between each two. */
interface Outline {
  readonly words: readonly string[];
  /** Whose name; null for what is nobody's. */
  readonly owners: readonly (string | null)[];
}

function outlineOf(content: string): Outline {
  const words: string[] = [];
  const owners: (string | null)[] = [];
  let open = '';
  let end = 0;
  for (const { 0: reference, index, groups = {} } of content.matchAll(REFERENCE)) {
    open += content.slice(end, index);
    end = index + reference.length;
    const { user, channel, emoji, time, command, page } = groups;
    const literal = emoji ?? command ?? (page === undefined ? undefined : `#${page}`);
    if (literal !== undefined) open += literal;
    else {
      words.push(time !== undefined ? open : open + (channel ?? '@'));
      owners.push(user ?? null);
      open = '';
    }
  }
  return { words: [...words, open + content.slice(end)], owners };
}

/** Where the words stand in the text, each as early as possible; null when they do not. */
function earliest(text: string, words: readonly string[]): readonly number[] | null {
  const [first = '', ...others] = words;
  const last = others.at(-1) ?? '';
  if (!text.startsWith(first)) return null;
  const places = [0];
  let from = first.length;
  for (const word of others.slice(0, -1)) {
    const place = text.indexOf(word, from);
    if (place === -1) return null;
    places.push(place);
    from = place + word.length;
  }
  const end = text.length - last.length;
  return end < from || !text.endsWith(last) ? null : [...places, end];
}

/** By code units, as positions count. */
const reversed = (text: string): string => text.split('').reverse().join('');

/** As late as possible: as early as possible from the other end. */
function latest(text: string, words: readonly string[]): readonly number[] | null {
  const places = earliest(reversed(text), words.map(reversed).reverse());
  return places?.map((place, index) => text.length - place - (words.at(-1 - index) ?? '').length).reverse() ?? null;
}

/** `text` is the content with every reference resolved, so the content says where each name stands. Where that is not certain
 *  (it was shortened, or a name looks like what follows it) nothing of the text is kept. Takes linear time. */
function withoutMentions(text: string, content: string, isGone: (userId: string) => boolean): string {
  const { words, owners } = outlineOf(content);
  const isOwnerGone = owners.map((owner) => owner !== null && isGone(owner));
  if (!isOwnerGone.includes(true)) return text;
  const places = earliest(text, words);
  const others = latest(text, words);
  if (places === null || places.some((place, index) => place !== others?.[index])) return '';
  return words
    .map((word, index) => {
      const start = (places[index] ?? 0) + word.length;
      const name = text.slice(start, places[index + 1] ?? start);
      return word + (isOwnerGone[index] === true ? NOBODY : name);
    })
    .join('');
}
