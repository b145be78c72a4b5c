/** One fact, ready for printing. */
export interface LogRecord {
  readonly time: Date;
  readonly level: LogLevel;
  readonly service: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const RESERVED_NAMES: ReadonlySet<string> = new Set(['time', 'level', 'service', 'event']);
const ANSI_COLOURS: Readonly<Record<LogLevel, string>> = { error: '31', warn: '33', info: '32', debug: '90' };

// Escape sequences, line separators and text-direction marks let a message write over the operator's terminal. JSON already
// escapes the characters below U+0020.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const escapeUnprintable = (text: string): string =>
  text.replaceAll(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** `{"time","level","service","event",…fields}` on one line. A field that took a reserved name gets `_` behind it. */
export function jsonLine(record: LogRecord): string {
  const { time, level, service, event, fields } = record;
  const renamed = Object.entries(fields).map(([name, value]) => [RESERVED_NAMES.has(name) ? `${name}_` : name, value]);
  return escapeUnprintable(
    JSON.stringify({ time: time.toISOString(), level, service, event, ...Object.fromEntries(renamed) }),
  );
}

/** `12:34:56.789 info  gateway: listening port=3000`, for people. */
export function readableLine(record: LogRecord, hasColours: boolean): string {
  const { time, level, service, event, fields } = record;
  const shownLevel = hasColours ? `\u001b[${ANSI_COLOURS[level]}m${level.padEnd(5)}\u001b[0m` : level.padEnd(5);
  const shownFields = Object.entries(fields).map(
    ([name, value]) => ` ${escapeUnprintable(name)}=${readableValue(value)}`,
  );
  const clock = time.toISOString().slice(11, 23);
  return `${clock} ${shownLevel} ${service}: ${escapeUnprintable(event)}${shownFields.join('')}`;
}

function readableValue(value: unknown): string {
  const isPlainWord = typeof value === 'string' && /^[\w.:/@+-]+$/.test(value);
  return isPlainWord ? value : escapeUnprintable(JSON.stringify(value));
}
