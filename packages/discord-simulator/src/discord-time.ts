let last = { unixMs: Number.NaN, text: '' };

/**
 * Discord's own rendering of a time: `2026-01-01T00:00:00.123000+00:00`, microseconds and a numeric offset.
 * `micros` (0–999) are the digits below the millisecond, which a Date cannot hold.
 */
export function discordTimestamp(unixMs: number, micros = 0): string {
  // Many messages fall into one millisecond when a script plays at full speed.
  if (last.unixMs !== unixMs) last = { unixMs, text: new Date(unixMs).toISOString().slice(0, -1) };
  return `${last.text}${String(micros).padStart(3, '0')}+00:00`;
}
