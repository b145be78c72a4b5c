import { type Broker, type BrokerListener, type EncodedEvent, encodeEvent } from '@dms/broker';
import { eventually } from '@dms/test-kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { sampleEvent, sampleEvents } from './sample-events.ts';

/** Everything a listener heard. */
export interface Heard extends BrokerListener {
  readonly received: EncodedEvent[];
  readonly counts: { subscribed: number; malformed: number };
}

export function recordingListener(): Heard {
  const received: EncodedEvent[] = [];
  const counts = { subscribed: 0, malformed: 0 };
  return {
    received,
    counts,
    events(batch) {
      received.push(...batch);
    },
    subscribed() {
      counts.subscribed += 1;
    },
    malformed() {
      counts.malformed += 1;
    },
  };
}

/** Jest compares long strings much faster than long buffers; latin1 keeps every byte apart. */
const withFrameText = (event: EncodedEvent) => ({ ...event, frame: event.frame.toString('latin1') });

/** Resolves when `publish` can succeed and the listener, if any, is subscribed. */
export const untilUp = (broker: Broker): Promise<void> =>
  eventually(() => expect(broker.status()).toEqual({ status: 'up' }));

/** What both twins promise. `open` gives an unused broker, alone on its channel. */
export function describeBrokerContract(name: string, open: () => Broker): void {
  describe(`${name} broker`, () => {
    const opened: Broker[] = [];
    const openOne = (): Broker => {
      const broker = open();
      opened.push(broker);
      return broker;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((broker) => broker.close()));
    });

    async function openSubscribed(): Promise<{ readonly broker: Broker; readonly heard: Heard }> {
      const broker = openOne();
      const heard = recordingListener();
      await broker.subscribe(heard);
      await untilUp(broker);
      return { broker, heard };
    }

    it('delivers the route and the exact bytes of the frame', async () => {
      const { broker, heard } = await openSubscribed();
      const events = [
        sampleEvent(1),
        sampleEvent(2, { type: 'GUILD_DELETE', channelId: null, authorId: null, messageId: null, payload: '{}' }),
        sampleEvent(3, { parentId: '5', payload: `{"content":"${'é'.repeat(200_000)}"}` }),
      ];
      await broker.publish(events);
      await eventually(() => expect(heard.received).toHaveLength(3));
      expect(heard.received.map(withFrameText)).toEqual(events.map(encodeEvent).map(withFrameText));
      expect(heard.counts).toEqual({ subscribed: 1, malformed: 0 });
    });

    it('keeps the order of one publisher across batches and splits', async () => {
      const { broker, heard } = await openSubscribed();
      const batches = Array.from({ length: 20 }, (_, index) => sampleEvents(index * 100 + 1, index * 100 + 100));
      await Promise.all(batches.map((batch) => broker.publish(batch)));
      await eventually(() => expect(heard.received).toHaveLength(2_000));
      expect(heard.received.map((event) => event.seq)).toEqual(Array.from({ length: 2_000 }, (_, index) => index + 1));
    });

    it('delivers outside of publish, so that a listener never runs inside its publisher', async () => {
      const { broker, heard } = await openSubscribed();
      const published = broker.publish([sampleEvent(1)]);
      expect(heard.received).toEqual([]);
      await published;
      await eventually(() => expect(heard.received).toHaveLength(1));
    });

    it('takes an empty batch and delivers nothing', async () => {
      const { broker, heard } = await openSubscribed();
      await broker.publish([]);
      await broker.publish([sampleEvent(1)]);
      await eventually(() => expect(heard.received).toHaveLength(1));
    });

    it('publishes without any listener', async () => {
      const broker = openOne();
      await untilUp(broker);
      await broker.publish([sampleEvent(1)]);
    });

    it('has one listener for its life', async () => {
      const { broker } = await openSubscribed();
      await expect(broker.subscribe(recordingListener())).rejects.toMatchObject({ code: 'SECOND_LISTENER' });
    });

    it('is over after close: says so, refuses to publish and subscribe, and delivers no more', async () => {
      const { broker, heard } = await openSubscribed();
      await broker.close();
      await broker.close();
      expect(broker.status()).toEqual({ status: 'down', reason: 'closed' });
      await expect(broker.publish([sampleEvent(1)])).rejects.toMatchObject({ code: 'BROKER_CLOSED' });
      await expect(broker.subscribe(recordingListener())).rejects.toMatchObject({ code: 'BROKER_CLOSED' });
      expect(heard.received).toEqual([]);
    });
  });
}
