import { randomUUID } from 'node:crypto';
import { type Broker, openBroker } from '@dms/broker';
import { eventually } from '@dms/test-kit';
import { expect } from '@jest/globals';
import { type Heard, recordingListener } from './broker-contract.ts';
import { sampleEvent } from './sample-events.ts';

/** Brokers of one test; `closeAll` belongs into its `afterEach`. */
export interface Brokers {
  /** Default channel: one of its own. */
  openAt(url: string, channel?: string): Broker;
  subscribeAt(url: string, channel?: string): Promise<{ readonly broker: Broker; readonly heard: Heard }>;
  closeAll(): Promise<void>;
}

export function useBrokers(): Brokers {
  const opened: Broker[] = [];
  const openAt = (url: string, channel = `test:${randomUUID()}`): Broker => {
    const broker = openBroker(url, { channel });
    opened.push(broker);
    return broker;
  };
  return {
    openAt,
    async subscribeAt(url, channel) {
      const broker = openAt(url, channel);
      const heard = recordingListener();
      await broker.subscribe(heard);
      return { broker, heard };
    },
    async closeAll() {
      await Promise.all(opened.splice(0).map((broker) => broker.close()));
    },
  };
}

export async function durationMs(task: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await task();
  return performance.now() - startedMs;
}

/** Publishes the event until it is heard: what was published into an outage is gone. */
export async function publishUntilHeard(publisher: Broker, seq: number, heard: Heard): Promise<void> {
  await eventually(
    async () => {
      await publisher.publish([sampleEvent(seq)]);
      expect(heard.received.map((event) => event.seq)).toContain(seq);
    },
    { timeoutMs: 20_000 },
  );
}
