import { type Broker, type BrokerListener, type EncodedEvent, encodeEvent } from '@dms/broker';
import type { LogEvent } from '@dms/protocol';
import type { Owner, Steps } from './steps.ts';

/** One gateway's end of the broker. */
export interface Subscriber {
  readonly owner: Owner;
  readonly name: string;
  readonly listener: BrokerListener;
  isSubscribed: boolean;
  /** Published, not yet delivered; each element is one publish. */
  inbox: (readonly EncodedEvent[])[];
}

/** A broker that keeps none of its promises unless the walk lets it. */
export interface ModelBroker {
  readonly subscribers: readonly Subscriber[];
  /** Everything ever published, for replaying stale hints. */
  readonly published: readonly (readonly EncodedEvent[])[];
  publish(events: readonly LogEvent[]): void;
  /** Hands over the first `publishes` of the inbox as one batch. */
  deliver(subscriber: Subscriber, publishes: number): void;
  subscribe(owner: Owner, name: string, listener: BrokerListener): ReturnType<Broker['subscribe']>;
  loseSubscription(subscriber: Subscriber): void;
  resubscribe(subscriber: Subscriber): void;
  disconnect(owner: Owner): void;
}

/** `isAcknowledged` decides whether a subscription is acknowledged within the second that `subscribe` waits. */
export function createModelBroker(steps: Steps, isAcknowledged: () => boolean): ModelBroker {
  let subscribers: Subscriber[] = [];
  const published: (readonly EncodedEvent[])[] = [];

  const acknowledge = (subscriber: Subscriber): void => {
    subscriber.isSubscribed = true;
    subscriber.listener.subscribed();
  };

  return {
    get subscribers() {
      return subscribers;
    },
    published,
    publish(events) {
      if (events.length === 0) return;
      const batch = events.map(encodeEvent);
      published.push(batch);
      for (const subscriber of subscribers) if (subscriber.isSubscribed) subscriber.inbox.push(batch);
    },
    deliver(subscriber, publishes) {
      const batches = subscriber.inbox.splice(0, publishes);
      if (batches.length > 0) subscriber.listener.events(batches.flat());
    },
    subscribe(owner, name, listener) {
      const subscriber: Subscriber = { owner, name, listener, isSubscribed: false, inbox: [] };
      return steps.call(owner, `${name} subscribes`, async () => {
        subscribers.push(subscriber);
        if (isAcknowledged()) acknowledge(subscriber);
      });
    },
    loseSubscription(subscriber) {
      subscriber.isSubscribed = false;
      subscriber.inbox = [];
    },
    resubscribe: acknowledge,
    disconnect(owner) {
      subscribers = subscribers.filter((subscriber) => subscriber.owner !== owner);
    },
  };
}
