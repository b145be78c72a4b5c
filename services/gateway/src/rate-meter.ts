const WINDOW_SECONDS = 10;

/** Events per second over the last ten full seconds. */
export interface RateMeter {
  add(count: number, nowMs: number): void;
  perSecond(nowMs: number): number;
}

export function createRateMeter(): RateMeter {
  const counts = new Map<number, number>();
  const forget = (second: number): void => {
    for (const known of counts.keys()) if (known < second - WINDOW_SECONDS) counts.delete(known);
  };
  return {
    add(count, nowMs) {
      const second = Math.floor(nowMs / 1_000);
      if (!counts.has(second)) forget(second);
      counts.set(second, (counts.get(second) ?? 0) + count);
    },
    perSecond(nowMs) {
      const second = Math.floor(nowMs / 1_000);
      forget(second);
      let sum = 0;
      for (const [known, count] of counts) if (known < second) sum += count;
      return sum / WINDOW_SECONDS;
    },
  };
}
