import { openBroker } from '@dms/broker';
import { checkLeaks } from '@dms/test-kit';
import { expect, it } from '@jest/globals';
import { describeBrokerContract, recordingListener } from './broker-contract.ts';
import { sampleEvent } from './sample-events.ts';

checkLeaks();

describeBrokerContract('memory', () => openBroker('memory:'));

it('keeps the order when a listener publishes in turn', async () => {
  const broker = openBroker('memory:');
  const heard = recordingListener();
  let reply: Promise<void> | null = null;
  await broker.subscribe({
    ...heard,
    events(batch) {
      heard.events(batch);
      reply ??= broker.publish([sampleEvent(10)]);
    },
  });
  await Promise.all([broker.publish([sampleEvent(1), sampleEvent(2)]), broker.publish([sampleEvent(3)])]);
  await reply;
  expect(heard.received.map((event) => event.seq)).toEqual([1, 2, 3, 10]);
});
