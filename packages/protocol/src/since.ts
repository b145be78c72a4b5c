import { type Position, parsePosition } from './position.ts';

/** Where a stream starts. `position` and `time` may turn out to be pruned; `latest` and `all` never do. */
export type Since =
  | { readonly kind: 'latest' }
  | { readonly kind: 'all' }
  | { readonly kind: 'position'; readonly position: Position }
  | { readonly kind: 'time'; readonly timeMs: number };

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION_PATTERN = /^(\d{1,6})([smhd])$/;
const RFC3339_PATTERN = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/i;

/** An unescaped `+` in a query string means a space; nobody who types a URL thinks of it. */
const restorePlus = (text: string): string => text.replace(/ (?=\d{2}:\d{2}$)/, '+');

/** Milliseconds since the Unix epoch, or null. A date alone is midnight UTC. */
export function parseTime(text: string): number | null {
  const time = restorePlus(text);
  if (!RFC3339_PATTERN.test(time)) return null;
  const timeMs = Date.parse(time);
  return Number.isNaN(timeMs) ? null : timeMs;
}

/** Understands a position, `latest`, `all`, an RFC 3339 time, or a duration back from `nowMs` (`90s`, `10m`, `24h`, `7d`).
 *  Returns null for anything else. */
export function parseSince(text: string, nowMs: number): Since | null {
  if (text === 'latest') return { kind: 'latest' };
  if (text === 'all') return { kind: 'all' };
  const position = parsePosition(text);
  if (position !== null) return { kind: 'position', position };
  const duration = DURATION_PATTERN.exec(text);
  const unitMs = UNIT_MS[duration?.[2] ?? ''];
  if (duration !== null && unitMs !== undefined) return { kind: 'time', timeMs: nowMs - Number(duration[1]) * unitMs };
  const timeMs = parseTime(text);
  return timeMs === null ? null : { kind: 'time', timeMs };
}
