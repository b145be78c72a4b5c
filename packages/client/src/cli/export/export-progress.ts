import { snowflakeTimeMs } from '@dms/protocol';

/** How far an export has come. */
export interface ExportProgress {
  add(messages: number, bytes: number, lastId: string | null): void;
  /** One line, e.g. `12,345 messages · 4.2 MB · 3,100/s · 2026-11-20 · 71 %`. */
  describe(nowMs: number): string;
}

const NUMBER = new Intl.NumberFormat('en');
const PERCENT = 100;

export function createProgress(startedAtMs: number, untilMs: number): ExportProgress {
  let messages = 0;
  let bytes = 0;
  let first: number | null = null;
  let last: number | null = null;
  return {
    add(more, moreBytes, lastId) {
      messages += more;
      bytes += moreBytes;
      if (lastId === null) return;
      last = snowflakeTimeMs(lastId);
      first ??= last;
    },
    describe(nowMs) {
      const perSecond = messages / Math.max(0.001, (nowMs - startedAtMs) / 1_000);
      const counted =
        messages > 0
          ? [`${NUMBER.format(messages)} messages`, sizeOf(bytes), `${NUMBER.format(Math.round(perSecond))}/s`]
          : [sizeOf(bytes)];
      if (first === null || last === null) return counted.join(' · ');
      const day = new Date(last).toISOString().slice(0, 10);
      // Messages lie in the order of their time, so time is the measure.
      const share = untilMs > first ? Math.min(1, (last - first) / (untilMs - first)) : 1;
      return [...counted, day, `${Math.floor(share * PERCENT)} %`].join(' · ');
    },
  };
}

export function sizeOf(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return bytes < 1_000_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1_000_000_000).toFixed(2)} GB`;
}
