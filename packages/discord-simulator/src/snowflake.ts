import { createHash } from 'node:crypto';

/** Discord's epoch, 2015-01-01T00:00:00Z, in milliseconds of Unix time. */
export const DISCORD_EPOCH_MS = 1_420_070_400_000;

/** The earliest time whose snowflakes have 17 digits: @discordjs/rest takes nothing shorter for an id. */
const FIRST_MS_WITH_17_DIGITS = DISCORD_EPOCH_MS + Math.ceil(1e16 / 2 ** 22);

const MAX_INCREMENT = 0xfff;
const STABLE_FROM_MS = Date.UTC(2016, 0, 1);
const STABLE_SPAN_MS = BigInt(Date.UTC(2024, 0, 1) - STABLE_FROM_MS);

/**
 * Returns a source of ids of 17–19 digits, strictly increasing whatever the clock does: the 4,096 ids of a
 * millisecond are used up first, then the id's time runs ahead of the clock.
 */
export function createSnowflakes(now: () => number): () => string {
  let lastMs = 0;
  let increment = 0;
  return () => {
    const ms = Math.max(Math.trunc(now()), FIRST_MS_WITH_17_DIGITS);
    if (ms > lastMs) {
      lastMs = ms;
      increment = 0;
    } else if (increment < MAX_INCREMENT) {
      increment += 1;
    } else {
      lastMs += 1;
      increment = 0;
    }
    return compose(BigInt(lastMs - DISCORD_EPOCH_MS), BigInt(increment));
  };
}

/** The same arguments give the same id for ever, dated 2016–2023, so that a guild keeps its id when the simulator restarts. */
export function stableSnowflake(seed: number, kind: string, name: string): string {
  const digest = createHash('sha256').update(`${seed}\0${kind}\0${name}`).digest();
  const ms = BigInt(STABLE_FROM_MS - DISCORD_EPOCH_MS) + (digest.readBigUInt64BE(0) % STABLE_SPAN_MS);
  return compose(ms, digest.readBigUInt64BE(8) & 0x3f_ffffn);
}

/** Unix time in milliseconds at which `id` was made. */
export function snowflakeTimeMs(id: string): number {
  return Number(BigInt(id) >> 22n) + DISCORD_EPOCH_MS;
}

/** Orders ids by age, oldest first, without turning them into numbers. */
export function compareSnowflakes(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** True for what Discord accepts as an id in a path or query. */
export function isSnowflake(text: string): boolean {
  return /^\d{1,20}$/.test(text) && BigInt(text) < 1n << 64n;
}

function compose(msSinceEpoch: bigint, low22Bits: bigint): string {
  return ((msSinceEpoch << 22n) | low22Bits).toString();
}
