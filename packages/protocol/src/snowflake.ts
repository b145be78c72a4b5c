/** Discord's ids: 64-bit integers as decimal strings. Compared by length first because they never become JS numbers. */
const SNOWFLAKE_PATTERN = /^(0|[1-9]\d{0,18})$/;
const MAX_SNOWFLAKE = '9223372036854775807';

/** First millisecond of 2015, where Discord's ids begin. https://discord.com/developers/docs/reference#snowflakes */
export const DISCORD_EPOCH_MS = 1_420_070_400_000;

/** True for a decimal id that fits a signed 64-bit column; larger ones would fail in the database. */
export function isSnowflake(text: string): boolean {
  if (!SNOWFLAKE_PATTERN.test(text)) return false;
  return text.length < MAX_SNOWFLAKE.length || text <= MAX_SNOWFLAKE;
}

/** Negative when `a` is older. Works on strings of any length without losing precision. */
export function compareSnowflakes(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Milliseconds since the Unix epoch at which the id was made. */
export function snowflakeTimeMs(id: string): number {
  return Number(BigInt(id) >> 22n) + DISCORD_EPOCH_MS;
}

/** The smallest id that could have been made at `timeMs`; `0` for times before Discord existed. */
export function snowflakeAtMs(timeMs: number): string {
  const elapsedMs = Math.floor(timeMs) - DISCORD_EPOCH_MS;
  return elapsedMs <= 0 ? '0' : (BigInt(elapsedMs) << 22n).toString();
}
