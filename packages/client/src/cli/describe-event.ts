import { isMessageEvent, type StreamEvent } from '../index.ts';

const CHANNEL_COLUMNS = 16;
const AUTHOR_COLUMNS = 16;
const TEXT_COLUMNS = 400;
const DIM = 2;
const YELLOW = 33;
const RED = 31;
const CYAN = 36;
/** Those of the 16 every terminal has that can be read on black and on white. */
const AUTHOR_COLOURS = [31, 32, 33, 34, 35, 36];

/** Colours text, or leaves it as it is. */
export type Paint = (code: number, text: string) => string;

export const createPaint =
  (isColoured: boolean): Paint =>
  (code, text) =>
    isColoured ? `\u001B[${code}m${text}\u001B[0m` : text;

/** Strangers wrote this: no control character may reach a terminal, and a line stays a line. */
export const printable = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim();

/** One line for people: time, channel, author, text, position. */
export function describeEvent(event: StreamEvent, paint: Paint): string {
  const { mark, colour, channel, author, text, time } = factsOf(event);
  const columns = [
    paint(DIM, time),
    paint(CYAN, column(`#${printable(channel)}`, CHANNEL_COLUMNS)),
    paint(colourOf(author), column(printable(author), AUTHOR_COLUMNS)),
    paint(colour, mark),
    clip(printable(text), TEXT_COLUMNS),
    paint(DIM, event.p),
  ];
  return columns.filter((part) => part !== '').join(' ');
}

type Fields = Readonly<Record<string, unknown>>;

/** The same for the same name, today and tomorrow. */
function colourOf(author: string): number {
  const sum = [...author].reduce((before, letter) => (before * 31 + (letter.codePointAt(0) ?? 0)) % 65_521, 7);
  return AUTHOR_COLOURS[sum % AUTHOR_COLOURS.length] ?? CYAN;
}

interface Facts {
  readonly time: string;
  readonly channel: string;
  readonly author: string;
  readonly mark: string;
  readonly colour: number;
  readonly text: string;
}

function factsOf(event: StreamEvent): Facts {
  if (isMessageEvent(event)) {
    const { display, timestamp, edited_timestamp } = event.d;
    const isNew = event.t === 'MESSAGE_CREATE';
    return {
      time: clockOf(isNew ? timestamp : (edited_timestamp ?? timestamp)),
      channel: display.channel_name,
      author: display.author_name,
      mark: isNew ? '' : '✎',
      colour: YELLOW,
      text: display.text || partsOf({ ...event.d }),
    };
  }
  const d: Fields = { ...event.d };
  const isDelete = event.t === 'MESSAGE_DELETE' || d.purged === true;
  return {
    time: clockOf(undefined),
    channel: textOf(d.channel_id) || textOf(d.id),
    author: fieldOf(d.display, 'user_name'),
    mark: isDelete ? '✗' : '·',
    colour: isDelete ? RED : DIM,
    text: isDelete ? `message ${textOf(d.id)} deleted` : eventWords(event.t, d),
  };
}

const eventWords = (t: string, d: Fields): string =>
  [t.toLowerCase().replaceAll('_', ' '), fieldOf(d.emoji, 'name'), textOf(d.name), textOf(d.message_id)]
    .filter((word) => word !== '')
    .join(' ');

/** What a message without text consists of, in the order people would name it. */
const PARTS = [
  ['attachments', 'filename'],
  ['embeds', 'title'],
  ['sticker_items', 'name'],
  ['message_snapshots', 'forwarded'],
] as const;

function partsOf(d: Fields): string {
  const [first] = PARTS.filter(([list]) => Array.isArray(d[list]) && d[list].length > 0);
  if (first !== undefined) return `[${firstField(d[first[0]], first[1]) || first[0].replaceAll('_', ' ')}]`;
  if (typeof d.poll === 'object' && d.poll !== null) return '[poll]';
  return typeof d.type === 'number' && d.type !== 0 ? `[system message, type ${d.type}]` : '[no text]';
}

const firstField = (list: unknown, key: string): string => fieldOf(Array.isArray(list) ? list[0] : undefined, key);

const fieldOf = (value: unknown, key: string): string =>
  typeof value === 'object' && value !== null ? textOf(Reflect.get(value, key)) : '';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** hh:mm:ss UTC; of now when the event carries no time of its own. */
function clockOf(timestamp: string | undefined): string {
  const timeMs = timestamp === undefined ? Date.now() : Date.parse(timestamp);
  return Number.isNaN(timeMs) ? '--:--:--' : new Date(timeMs).toISOString().slice(11, 19);
}

const clip = (text: string, columns: number): string =>
  text.length > columns ? `${text.slice(0, columns - 1)}…` : text;
const column = (text: string, columns: number): string => clip(text, columns).padEnd(columns);
