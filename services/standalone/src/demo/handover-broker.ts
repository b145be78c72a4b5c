import type { Broker, BrokerListener } from '@dms/broker';

/** One subscription that passes from a gateway to its successor: the newest listener hears, what came before it took over is in
 *  the log, and `subscribed` has it look there. */
export function createHandoverBroker(broker: Broker): Broker {
  let listener: BrokerListener | null = null;
  let acknowledged: Promise<void> | null = null;
  return {
    publish: (events) => broker.publish(events),
    async subscribe(newListener) {
      listener = newListener;
      if (acknowledged !== null) {
        await acknowledged;
        return newListener.subscribed();
      }
      acknowledged = broker.subscribe({
        events: (batch) => listener?.events(batch),
        subscribed: () => listener?.subscribed(),
        malformed: () => listener?.malformed(),
      });
      await acknowledged;
    },
    status: () => broker.status(),
    close: () => broker.close(),
  };
}
