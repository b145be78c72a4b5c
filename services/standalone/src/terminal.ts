import type { BackfillProgress } from '@dms/ingester';
import type { LogEvent } from '@dms/protocol';

const MAX_LINES_PER_SECOND = 20;
const NAME_COLUMNS = 14;
const CHANNEL_COLUMNS = 14;
const TEXT_COLUMNS = 100;

/** What a person at a terminal sees: banner, progress and the conversation itself. Silent where logs are for machines. */
export interface Terminal {
  line(text: string): void;
  /** One line per event; at most 20 a second, the rest is counted. */
  showEvents(events: readonly LogEvent[]): void;
  /** One line for each call. While older history is imported, its messages are not shown. */
  showBackfill(progress: BackfillProgress): void;
}

const IMPORTED = '"origin":"backfill"}';

export function createTerminal(isShown: boolean, write: (text: string) => void, isColoured: boolean): Terminal {
  const dim = (text: string): string => (isColoured ? `\u001B[2m${text}\u001B[22m` : text);
  let secondStartedAt = 0;
  let shown = 0;
  let skipped = 0;
  let isImporting = false;

  const nextSecond = (nowMs: number): void => {
    if (skipped > 0) write(dim(`           … and ${skipped} more\n`));
    secondStartedAt = nowMs;
    shown = 0;
    skipped = 0;
  };

  return {
    line(text) {
      if (isShown) write(`${text}\n`);
    },
    showEvents(events) {
      if (!isShown) return;
      const nowMs = Date.now();
      if (nowMs - secondStartedAt >= 1_000) nextSecond(nowMs);
      for (const event of events) {
        if (isImporting && event.payload.endsWith(IMPORTED)) continue;
        if (shown >= MAX_LINES_PER_SECOND) {
          skipped += 1;
          continue;
        }
        shown += 1;
        const { channel, author, text } = describeEvent(event);
        const time = new Date(nowMs).toISOString().slice(11, 19);
        write(
          `  ${dim(time)} ${dim(column(`#${channel}`, CHANNEL_COLUMNS))} ${column(author, NAME_COLUMNS)} ${text} ${dim(`· ${event.seq}`)}\n`,
        );
      }
    },
    showBackfill(progress) {
      isImporting = progress.isRunning;
      if (isShown) write(`  ${dim('import')}   ${describeBackfill(progress)}\n`);
    },
  };
}

const counted = (count: number): string => count.toLocaleString('en');

/** `12,400 messages · 3 of 14 channels · back to 2026-03-01`, and at the end `12,400 messages · 14 channels · complete`. */
export function describeBackfill(progress: BackfillProgress): string {
  const { isRunning, messages, channels, channelsDone, channelsRefused, reachedMs } = progress;
  const reached = reachedMs === null ? [] : [`back to ${new Date(reachedMs).toISOString().slice(0, 10)}`];
  return [
    `${counted(messages)} messages`,
    isRunning ? `${counted(channelsDone)} of ${counted(channels)} channels` : `${counted(channels)} channels`,
    ...(channelsRefused > 0 ? [`${counted(channelsRefused)} refused`] : []),
    ...(isRunning ? reached : ['complete']),
  ].join(' · ');
}

interface Described {
  readonly channel: string;
  readonly author: string;
  readonly text: string;
}

/** Reads what is worth showing out of a payload; whatever is missing is shown as ids. */
export function describeEvent(event: LogEvent): Described {
  const payload: unknown = JSON.parse(event.payload);
  const display = field(payload, 'display');
  const channel = textOf(display, 'channel_name') ?? event.channelId ?? '';
  const author = textOf(display, 'author_name') ?? '';
  if (event.type === 'MESSAGE_DELETE')
    return { channel, author: '✗', text: `message ${event.messageId ?? ''} deleted` };
  if (!IS_MESSAGE.has(event.type)) return describeOther(event, payload, channel);
  const prefix = event.type === 'MESSAGE_UPDATE' ? '✎ ' : '';
  const text = textOf(display, 'text') || attachmentsOf(payload);
  return { channel: printable(channel), author: printable(author), text: `${prefix}${clip(printable(text))}` };
}

const IS_MESSAGE: ReadonlySet<string> = new Set(['MESSAGE_CREATE', 'MESSAGE_UPDATE']);

/** `· message reaction add 🔥`, `· thread create aside`: the type in words and what names its object. */
function describeOther({ type }: LogEvent, payload: unknown, channel: string): Described {
  const author = textOf(field(payload, 'display'), 'user_name') ?? '';
  const named = textOf(field(payload, 'emoji'), 'name') ?? textOf(payload, 'name') ?? '';
  const text = `· ${type.toLowerCase().replaceAll('_', ' ')} ${named}`.trim();
  return { channel: printable(channel), author: printable(author), text: clip(printable(text)) };
}

const field = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && key in value ? Reflect.get(value, key) : undefined;

const textOf = (value: unknown, key: string): string | null => {
  const text = field(value, key);
  return typeof text === 'string' ? text : null;
};

function attachmentsOf(payload: unknown): string {
  const attachments = field(payload, 'attachments');
  const embeds = field(payload, 'embeds');
  if (Array.isArray(attachments) && attachments.length > 0)
    return `[${textOf(attachments[0], 'filename') ?? 'attachment'}]`;
  return Array.isArray(embeds) && embeds.length > 0 ? `[${textOf(embeds[0], 'title') ?? 'embed'}]` : '';
}

/** Strangers wrote this: no control character may reach the terminal. */
const printable = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\p{Cc}\p{Cf}]/gu, '');

const clip = (text: string): string => (text.length > TEXT_COLUMNS ? `${text.slice(0, TEXT_COLUMNS - 1)}…` : text);

const column = (text: string, width: number): string => clipTo(text, width).padEnd(width);

const clipTo = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);
