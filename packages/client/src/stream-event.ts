import type { EventType } from '@dms/protocol/vocabulary';
import type { MessagePayload, PayloadOf } from './event-payload.ts';

/** One event of the log as it came over the wire (op 0). */
export interface EventOf<Type extends EventType> {
  readonly op: 0;
  /** `MESSAGE_CREATE`, `MESSAGE_DELETE`, …: compare it, and `d` gets its type. */
  readonly t: Type;
  /** Grows along the stream; a filter skips numbers. */
  readonly s: number;
  /** The position after this event: what a client keeps. */
  readonly p: string;
  /** Discord's object for `t`, plus `origin`. */
  readonly d: PayloadOf<Type>;
}

/** Later servers may send types that are not in here, and fields too: ignore those. */
export type StreamEvent = { readonly [Type in EventType]: EventOf<Type> }[EventType];

export type MessageStreamEvent = EventOf<'MESSAGE_CREATE' | 'MESSAGE_UPDATE'> & { readonly d: MessagePayload };

/** True when `d` is a whole message. False also for a create or update whose message was deleted since (`d.purged`): then only
 *  ids are left of it. The server is trusted with the object's inner fields. */
export function isMessageEvent(event: StreamEvent): event is MessageStreamEvent {
  if (event.t !== 'MESSAGE_CREATE' && event.t !== 'MESSAGE_UPDATE') return false;
  return event.d.purged !== true && typeof event.d.id === 'string' && typeof event.d.author === 'object';
}
