const MAX_LATENCY_MS = 120_000;

export interface WindowFigures {
  readonly deliveries: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What was delivered since the last `restart`, by arrival; latency in whole milliseconds. */
export interface DeliveryWindow {
  readonly deliveries: number;
  note(latencyMs: number): void;
  restart(nowMs: number): void;
  figures(nowMs: number): WindowFigures;
}

export function createDeliveryWindow(): DeliveryWindow {
  const histogram = new Uint32Array(MAX_LATENCY_MS + 1);
  let deliveries = 0;
  let startedMs = 0;

  const quantile = (share: number): number => {
    let left = Math.ceil(deliveries * share);
    return histogram.findIndex((count) => {
      left -= count;
      return left <= 0 && deliveries > 0;
    });
  };

  return {
    get deliveries() {
      return deliveries;
    },
    note(latencyMs) {
      const slot = Math.max(0, Math.min(MAX_LATENCY_MS, latencyMs));
      histogram[slot] = (histogram[slot] ?? 0) + 1;
      deliveries += 1;
    },
    restart(nowMs) {
      histogram.fill(0);
      deliveries = 0;
      startedMs = nowMs;
    },
    figures: (nowMs) => ({
      deliveries,
      seconds: (nowMs - startedMs) / 1_000,
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
      maxMs: histogram.findLastIndex((count) => count > 0),
    }),
  };
}
