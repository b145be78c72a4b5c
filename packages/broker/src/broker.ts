import type { EventRoute, LogEvent, Position } from '@dms/protocol';

/** An event as it travels between processes: its route beside the finished DISPATCH frame, so that a gateway filters and
 *  forwards without parsing JSON. */
export interface EncodedEvent extends EventRoute, Position {
  /** UTF-8 bytes of the frame (`dispatchFrame`). Never modified after creation. */
  readonly frame: Buffer;
}

export interface BrokerListener {
  /** In publish order of one publisher; may skip, repeat, or come from a publisher that lost its lease. Synchronous. */
  events(batch: readonly EncodedEvent[]): void;
  /** The subscription was acknowledged (again): anything may have been missed before this moment. */
  subscribed(): void;
  /** Counts what arrived and could not be understood. */
  malformed(): void;
}

export type BrokerStatus = { readonly status: 'up' } | { readonly status: 'down'; readonly reason: string };

/** Hints between the ingester and the gateways: at most once, never a source of truth (I7). A dead broker costs latency only. */
export interface Broker {
  /** Best effort, bounded to 1 s and never queued while disconnected. Rejects when it may not have arrived; do not retry. */
  publish(events: readonly LogEvent[]): Promise<void>;
  /** One listener per broker. Resolves on the first acknowledgement, or after 1 s without one (it goes on trying, and
   *  `subscribed()` tells). Never rejects for an unreachable server. */
  subscribe(listener: BrokerListener): Promise<void>;
  status(): BrokerStatus;
  close(): Promise<void>;
}
