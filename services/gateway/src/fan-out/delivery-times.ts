import type { EncodedEvent } from '@dms/broker';
import { snowflakeTimeMs } from '@dms/protocol';

/** `applied`: written on Discord → held by this gateway. `fanned_out`: held → taken by the socket of every client that keeps up.
 *  `delivered`: both together. */
export const GATEWAY_HOPS = ['applied', 'fanned_out', 'delivered'] as const;
export type GatewayHop = (typeof GATEWAY_HOPS)[number];

export interface LatencyView {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How long messages take, measured once for each wave of events and never for a single delivery: a wave begins with the first
 *  event that is applied and ends when every client that takes bytes has everything. */
export interface DeliveryTimes {
  applied(events: readonly EncodedEvent[]): void;
  /** Nobody who takes bytes lacks anything. */
  settled(): void;
  /** From Discord to the last client, of the newest messages; null before the first. */
  latency(): LatencyView | null;
}

export interface DeliveryTimesDeps {
  readonly observe: (hop: GatewayHop, seconds: number) => void;
  readonly hasConnections: () => boolean;
}

/** More would say nothing new of a wave. */
const MAX_SAMPLES_PER_WAVE = 32;
const MAX_RECENT = 500;
/** Inside JSON text a quote is escaped, so that no message can say this of itself. What was fetched later is no delivery. */
const LIVE = '"origin":"live"';

export function createDeliveryTimes({ observe, hasConnections }: DeliveryTimesDeps): DeliveryTimes {
  const recentMs: number[] = [];
  let nextRecent = 0;
  let startedAtMs: number | null = null;
  let createdAtMs: number[] = [];

  const remember = (ms: number): void => {
    recentMs[nextRecent] = ms;
    nextRecent = (nextRecent + 1) % MAX_RECENT;
  };

  return {
    applied(events) {
      startedAtMs ??= performance.now();
      for (const { type, messageId, frame } of events) {
        if (createdAtMs.length >= MAX_SAMPLES_PER_WAVE) return;
        if (type !== 'MESSAGE_CREATE' || messageId === null || !frame.includes(LIVE)) continue;
        const sentAtMs = snowflakeTimeMs(messageId);
        createdAtMs.push(sentAtMs);
        // Two clocks: the one that lags behind must not make it negative.
        observe('applied', Math.max(0, Date.now() - sentAtMs) / 1_000);
      }
    },
    settled() {
      if (startedAtMs === null) return;
      if (hasConnections()) {
        observe('fanned_out', (performance.now() - startedAtMs) / 1_000);
        for (const sentAtMs of createdAtMs) {
          const tookMs = Math.max(0, Date.now() - sentAtMs);
          observe('delivered', tookMs / 1_000);
          remember(tookMs);
        }
      }
      startedAtMs = null;
      createdAtMs = [];
    },
    latency() {
      if (recentMs.length === 0) return null;
      const sorted = [...recentMs].sort((one, two) => one - two);
      const at = (quantile: number): number => sorted[Math.floor((sorted.length - 1) * quantile)] ?? 0;
      return { p50Ms: at(0.5), p99Ms: at(0.99) };
    },
  };
}
