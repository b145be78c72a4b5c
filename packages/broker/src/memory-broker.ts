import type { LogEvent } from '@dms/protocol';
import type { Broker, BrokerListener } from './broker.ts';
import { BrokerClosedError, SecondListenerError } from './broker-errors.ts';
import { encodeEvent } from './event-codec.ts';

/** Publisher and subscriber in one process, sharing this instance; nothing is lost, nothing repeats.
 *
 *  The listener runs in a microtask of its own, just as with Redis it never runs inside `publish`: an error it throws reaches the
 *  process and not the publisher, and it may publish itself without delivering out of order. Microtasks run first in, first out,
 *  so the order of the `publish` calls is kept. What was published before a subscription or after `close` is not delivered. */
export function createMemoryBroker(): Broker {
  let listener: BrokerListener | null = null;
  let isClosed = false;

  return {
    publish(events: readonly LogEvent[]) {
      if (isClosed) return Promise.reject(new BrokerClosedError());
      const batch = events.map(encodeEvent);
      const receiver = listener;
      if (receiver === null || batch.length === 0) return Promise.resolve();
      return new Promise((resolve) => {
        queueMicrotask(() => {
          resolve();
          if (!isClosed) receiver.events(batch);
        });
      });
    },
    async subscribe(newListener) {
      if (isClosed) throw new BrokerClosedError();
      if (listener !== null) throw new SecondListenerError();
      listener = newListener;
      newListener.subscribed();
    },
    status: () => (isClosed ? { status: 'down', reason: 'closed' } : { status: 'up' }),
    async close() {
      isClosed = true;
    },
  };
}
