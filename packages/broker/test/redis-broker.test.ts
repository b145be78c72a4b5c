import { randomUUID } from 'node:crypto';
import { openBroker } from '@dms/broker';
import {
  checkLeaks,
  describeWith,
  eventually,
  freePort,
  infrastructure,
  startFaultProxy,
  useRedis,
} from '@dms/test-kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { describeBrokerContract, recordingListener, untilUp } from './broker-contract.ts';
import { sampleEvent, sampleEvents } from './sample-events.ts';
import { durationMs, useBrokers } from './use-brokers.ts';

checkLeaks();

/** `publish` and `subscribe` are bounded to 1 s; the rest is for a busy machine. */
const ONE_SECOND_MS = 1_500;

const { openAt, subscribeAt, closeAll } = useBrokers();

describeWith(infrastructure.redisProcess, 'Redis', () => {
  const redis = useRedis();
  describeBrokerContract('Redis', () => openBroker(redis().url, { channel: `test:${randomUUID()}` }));

  describe('I7: faults', () => {
    afterEach(async () => {
      redis().resume();
      await closeAll();
    });

    it('carries events from one process to many', async () => {
      const channel = 'test:fan-out';
      const [first, second] = await Promise.all([subscribeAt(redis().url, channel), subscribeAt(redis().url, channel)]);
      const publisher = openAt(redis().url, channel);
      await untilUp(publisher);
      await publisher.publish(sampleEvents(1, 3));
      for (const { heard } of [first, second]) await eventually(() => expect(heard.received).toHaveLength(3));
    });

    it('counts garbage and goes on', async () => {
      const { broker, heard } = await subscribeAt(redis().url, 'test:garbage');
      await untilUp(broker);
      for (const garbage of ['', 'text', Buffer.of(1), Buffer.of(1, 0, 0, 255, 255, 255, 255), Buffer.of(9, 9)]) {
        await redis().command('PUBLISH', 'test:garbage', garbage);
      }
      await broker.publish([sampleEvent(1)]);
      await eventually(() => expect(heard.received).toHaveLength(1));
      expect(heard.counts.malformed).toBe(5);
    });

    it('subscribes again after its connection was killed, and says so', async () => {
      const { broker, heard } = await subscribeAt(redis().url);
      await untilUp(broker);
      await redis().command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await eventually(() => expect(heard.counts.subscribed).toBe(2));
      await untilUp(broker);
      await broker.publish([sampleEvent(1)]);
      await eventually(() => expect(heard.received).toHaveLength(1));
    });

    it('rejects at once while Redis is away, and is back after an empty restart', async () => {
      const { broker, heard } = await subscribeAt(redis().url);
      await untilUp(broker);
      await redis().kill('SIGKILL');
      await eventually(() => expect(broker.status()).toMatchObject({ status: 'down' }));
      expect(await durationMs(() => expect(broker.publish([sampleEvent(1)])).rejects.toThrow())).toBeLessThan(100);
      await redis().restart();
      await eventually(() => expect(heard.counts.subscribed).toBe(2));
      await untilUp(broker);
      await broker.publish([sampleEvent(2)]);
      await eventually(() => expect(heard.received.map((event) => event.seq)).toEqual([2]));
    });

    it('rejects within a second while Redis is frozen, keeps nothing, and recovers by itself', async () => {
      const { broker, heard } = await subscribeAt(redis().url);
      await untilUp(broker);
      redis().pause();
      const publish = () =>
        expect(broker.publish(sampleEvents(1, 500))).rejects.toMatchObject({ code: 'PUBLISH_FAILED' });
      expect(await durationMs(publish)).toBeLessThan(ONE_SECOND_MS);
      await eventually(() => expect(broker.status()).toMatchObject({ status: 'down' }));
      expect(await durationMs(publish)).toBeLessThan(100);
      redis().resume();
      await untilUp(broker);
      await eventually(async () => {
        await broker.publish([sampleEvent(501)]);
        expect(heard.received.some((event) => event.seq === 501)).toBe(true);
      });
    });

    it('notices connections that silently went dead', async () => {
      const proxy = await startFaultProxy({ host: '127.0.0.1', port: redis().port });
      const { broker, heard } = await subscribeAt(`redis://127.0.0.1:${proxy.port}`);
      await untilUp(broker);
      // Both connections lose their first answer, stay open and never hear anything again; new ones are sound.
      proxy.dropAfter(0);
      await eventually(() => expect(proxy.fired.dropAfter).toBe(2));
      proxy.heal();
      await eventually(() => expect(heard.counts.subscribed).toBe(2));
      await untilUp(broker);
      await broker.publish([sampleEvent(1)]);
      await eventually(() => expect(heard.received).toHaveLength(1));
      await closeAll();
      await proxy.close();
    });

    it('closes cleanly while frozen and in the middle of a publish', async () => {
      const { broker } = await subscribeAt(redis().url);
      await untilUp(broker);
      redis().pause();
      const publishing = expect(broker.publish([sampleEvent(1)])).rejects.toMatchObject({ code: 'BROKER_CLOSED' });
      expect(await durationMs(() => broker.close())).toBeLessThan(ONE_SECOND_MS);
      await publishing;
    });
  });
});

describe('Redis that was never there', () => {
  afterEach(closeAll);

  it('subscribe resolves within a second, publish rejects, status says why, close leaves nothing', async () => {
    const broker = openAt(`redis://user:canary-password@127.0.0.1:${await freePort()}`);
    expect(await durationMs(() => broker.subscribe(recordingListener()))).toBeLessThan(ONE_SECOND_MS);
    await expect(broker.publish([sampleEvent(1)])).rejects.toMatchObject({ code: 'PUBLISH_FAILED' });
    expect(broker.status()).toEqual({ status: 'down', reason: expect.stringContaining('ECONNREFUSED') });
    expect(JSON.stringify(broker.status())).not.toContain('canary');
    await broker.close();
  });

  it('closes at once when it has just been opened', async () => {
    const broker = openAt(`redis://127.0.0.1:${await freePort()}`);
    const subscribing = broker.subscribe(recordingListener());
    expect(await durationMs(() => broker.close())).toBeLessThan(ONE_SECOND_MS);
    await subscribing;
  });
});
