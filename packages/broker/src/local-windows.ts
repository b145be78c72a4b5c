import type { WindowCount } from './shared-counts.ts';

/** Windows remembered at once. Beyond it the one that began first is forgotten: its key starts anew. */
const MAX_WINDOWS = 100_000;

/** Fixed windows of one process: each begins with the first hit of its key. */
export interface LocalWindows {
  readonly size: number;
  hit(key: string, windowMs: number, nowMs: number): WindowCount;
}

interface Window {
  hits: number;
  readonly endsAtMs: number;
}

export function createLocalWindows(maxWindows = MAX_WINDOWS): LocalWindows {
  // In the order in which they began, because a window that is over is taken out before its key gets another.
  const windows = new Map<string, Window>();

  const forgetOver = (nowMs: number): void => {
    for (const [key, { endsAtMs }] of windows) {
      if (endsAtMs > nowMs && windows.size < maxWindows) return;
      windows.delete(key);
    }
  };

  const open = (key: string, windowMs: number, nowMs: number): Window => {
    windows.delete(key);
    forgetOver(nowMs);
    const window = { hits: 0, endsAtMs: nowMs + windowMs };
    windows.set(key, window);
    return window;
  };

  return {
    get size() {
      return windows.size;
    },
    hit(key, windowMs, nowMs) {
      const known = windows.get(key);
      const window = known === undefined || known.endsAtMs <= nowMs ? open(key, windowMs, nowMs) : known;
      window.hits += 1;
      return { hits: window.hits, resetMs: window.endsAtMs - nowMs };
    },
  };
}
