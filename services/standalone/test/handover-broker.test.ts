import { type BrokerListener, openBroker } from '@dms/broker';
import { describe, expect, it } from '@jest/globals';
import { createHandoverBroker } from '../src/demo/handover-broker.ts';

const listenerInto = (heard: string[], name: string): BrokerListener => ({
  events: (batch) => heard.push(...batch.map(({ seq }) => `${name} ${seq}`)),
  subscribed: () => heard.push(`${name} subscribed`),
  malformed: () => heard.push(`${name} malformed`),
});

describe('a broker that outlives its gateway', () => {
  it('lets the successor hear, told to look for what it missed, and the one before no more', async () => {
    const broker = createHandoverBroker(openBroker('memory:'));
    const heard: string[] = [];
    const route = { guildId: null, channelId: null, parentId: null, authorId: null, messageId: null };
    const publish = (seq: number) => broker.publish([{ type: 'GUILD_UPDATE', ...route, term: 1, seq, payload: '{}' }]);
    await broker.subscribe(listenerInto(heard, 'first'));
    await publish(1);
    await broker.subscribe(listenerInto(heard, 'second'));
    await publish(2);
    expect(heard).toEqual(['first subscribed', 'first 1', 'second subscribed', 'second 2']);
    await broker.close();
  });
});
