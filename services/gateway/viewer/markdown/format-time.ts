const STYLES: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' },
  F: { dateStyle: 'full', timeStyle: 'short' },
  s: { dateStyle: 'short', timeStyle: 'short' },
  S: { dateStyle: 'short', timeStyle: 'medium' },
};

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** What `<t:…:style>` shows, in the reader's language. A time beyond the calendar is shown as its number. */
export function formatTime(
  unixSeconds: number,
  style: string,
  nowMs = Date.now(),
): { readonly text: string; readonly iso: string; readonly full: string } {
  const time = new Date(unixSeconds * 1_000);
  if (Number.isNaN(time.getTime())) return { text: String(unixSeconds), iso: '', full: '' };
  const full = time.toLocaleString(undefined, STYLES.F);
  const text =
    style === 'R' ? relative(unixSeconds - nowMs / 1_000) : time.toLocaleString(undefined, STYLES[style] ?? STYLES.f);
  return { text, iso: time.toISOString(), full };
}

function relative(seconds: number): string {
  const [unit, length] = UNITS.find(([, unitSeconds]) => Math.abs(seconds) >= unitSeconds) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(Math.trunc(seconds / length), unit);
}
