import type { Origin, StoredMessage } from '@dms/protocol';

/** One event of the log as it came over the wire (op 0). */
export interface StreamEvent {
  readonly op: 0;
  /** `MESSAGE_CREATE`, `MESSAGE_DELETE`, …: see `EVENT_TYPES` of `@dms/protocol`. Later servers may know more: ignore those. */
  readonly t: string;
  /** Grows along the stream; a filter skips numbers. */
  readonly s: number;
  /** The position after this event: what a client keeps. */
  readonly p: string;
  /** Discord's object for `t`, plus `origin`. */
  readonly d: Readonly<Record<string, unknown>>;
}

export interface MessageStreamEvent extends StreamEvent {
  readonly t: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE';
  readonly d: StoredMessage & Readonly<Record<string, unknown>> & { readonly origin: Origin };
}

/** True when `d` is a whole message. False also for a create or update whose message was deleted since (`d.purged`): then only
 *  ids are left of it. The server is trusted with the object's inner fields. */
export function isMessageEvent(event: StreamEvent): event is MessageStreamEvent {
  if (event.t !== 'MESSAGE_CREATE' && event.t !== 'MESSAGE_UPDATE') return false;
  return event.d.purged !== true && typeof event.d.id === 'string' && typeof event.d.author === 'object';
}
