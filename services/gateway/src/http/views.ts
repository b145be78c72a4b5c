import type { BrokerStatus } from '@dms/broker';
import type { IngestStore, LogReader, MessageStore, PrivacyStore } from '@dms/event-log';
import type { Position } from '@dms/protocol';
import type { Logger } from '@dms/runtime';
import type { LatencyView } from '../fan-out/delivery-times.ts';

/** What the HTTP doors read from the log, and what they ask of it. */
export interface LogView extends LogReader, MessageStore, PrivacyStore, Pick<IngestStore, 'coverage' | 'openGaps'> {
  /** Resolves when the database answers; rejects otherwise. */
  ping(): Promise<void>;
}

export interface BrokerView {
  status(): BrokerStatus;
}

/** What the HTTP doors may know of the feed. Read at every request, never kept. */
export interface FeedView {
  /** `degraded`: still serving, but the log or the broker cannot be reached. */
  readonly state: 'booting' | 'live' | 'degraded';
  /** For people; null while there is nothing to say. Shown to strangers. */
  readonly detail: string | null;
  /** True from the end of the first sync on; an outage later does not take it back. */
  readonly isReady: boolean;
  readonly position: Position;
  readonly ringEvents: number;
}

export interface ConnectionStats {
  /** Since the process started, all doors. */
  readonly deliveredFrames: number;
  /** Events per second over the last seconds, before fan-out. */
  readonly messagesPerSecond: number;
  /** From Discord to the last client that keeps up, of the newest messages; null before the first. */
  readonly latency: LatencyView | null;
}

export interface ConnectionsView {
  readonly total: number;
  /** Open connections by door: `ws`, `sse`, `ndjson`, and `poll` for pages of `/events` that wait. */
  readonly byDoor: Readonly<Record<string, number>>;
  /** From how many addresses (IPv6: /64) they come, as `TRUST_PROXY` lets us see them. */
  readonly addresses: number;
  /** True once the process began to stop. */
  readonly isDraining: boolean;
  stats(): ConnectionStats;
}

export type HttpLogger = Pick<Logger, 'info' | 'warn' | 'error'>;
