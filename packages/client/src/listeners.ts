import type { EventType } from '@dms/protocol/vocabulary';
import type { StreamReset } from './inbox.ts';
import type { LinkStatus } from './link.ts';
import type { EventOf, StreamEvent } from './stream-event.ts';

/** By type: `on('MESSAGE_DELETE', ({ d }) => …)`. Awaited before the next event is handed over and before this one's position
 *  is kept. */
export type TypedListeners = {
  readonly [Type in EventType]: (event: EventOf<Type>) => void | Promise<void>;
};

export interface StreamListeners extends TypedListeners {
  /** Every event, whatever its type. */
  readonly event: (event: StreamEvent) => void | Promise<void>;
  /** In order with the events. */
  readonly reset: (reset: StreamReset) => void | Promise<void>;
  /** At once, whatever still waits to be handled. */
  readonly status: (status: LinkStatus) => void;
}

/** A method, so that a listener of one type fits; `on` files each under the name it listens to. */
interface Listener {
  hear(value: StreamEvent | StreamReset | LinkStatus): void | Promise<void>;
}

export interface Listeners {
  on<Name extends keyof StreamListeners>(name: Name, listener: StreamListeners[Name]): () => void;
  status(status: LinkStatus): void;
  /** One after another, in the order they came. */
  reset(reset: StreamReset): Promise<void>;
  event(event: StreamEvent): Promise<void>;
}

export const isEventName = (name: string): boolean => name !== 'reset' && name !== 'status';

export function createListeners(): Listeners {
  const named = new Map<string, Set<Listener>>();
  const typed = new Map<string, Set<Listener>>();
  const tell = async (
    listeners: ReadonlySet<Listener> | undefined,
    value: StreamEvent | StreamReset,
  ): Promise<void> => {
    for (const listener of listeners ?? []) await listener.hear(value);
  };
  return {
    on(name, hear) {
      // What a server calls an event must never reach those who listen to us.
      const place = name === 'event' || !isEventName(name) ? named : typed;
      const listeners = place.get(name) ?? new Set();
      const listener: Listener = { hear };
      place.set(name, listeners.add(listener));
      return () => void listeners.delete(listener);
    },
    status(status) {
      for (const listener of named.get('status') ?? []) void listener.hear(status);
    },
    reset: (reset) => tell(named.get('reset'), reset),
    async event(event) {
      await tell(named.get('event'), event);
      await tell(typed.get(event.t), event);
    },
  };
}
