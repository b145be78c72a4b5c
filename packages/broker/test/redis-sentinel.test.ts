import { randomUUID } from 'node:crypto';
import { type Broker, openBroker } from '@dms/broker';
import {
  checkLeaks,
  describeWith,
  eventually,
  infrastructure,
  type RedisSentinel,
  type RedisServer,
  startRedisSentinel,
  useRedisSentinel,
} from '@dms/test-kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { describeBrokerContract, type Heard, untilUp } from './broker-contract.ts';
import { sampleEvent } from './sample-events.ts';
import { durationMs, publishUntilHeard, useBrokers } from './use-brokers.ts';

checkLeaks();

const SERVER_PASSWORD = 'canary/server+password';
const SENTINEL_PASSWORD = 'canary&sentinel+password';
/** The sentinels of these tests need 2–4 s to promote a replica; a frozen master is noticed in at most 4 s, at the same time, and
 *  the last pause before a reconnect is at most 1.1 s. The rest is for a busy machine. */
const FAILOVER_MS = 10_000;

describeWith(infrastructure.redisProcess, 'Redis Sentinel', () => {
  const brokers = useBrokers();
  const sentinel = useRedisSentinel({ password: SERVER_PASSWORD, sentinelPassword: SENTINEL_PASSWORD });
  describeBrokerContract('Redis Sentinel', () => openBroker(sentinel().url, { channel: `test:${randomUUID()}` }));

  describe('I7: trouble with the sentinels', () => {
    afterEach(async () => {
      await brokers.closeAll();
      await Promise.all(sentinel().sentinels.map((one) => one.restart()));
    });

    it('works on while all sentinels are away, and closes while it looks for them', async () => {
      const { broker, heard } = await brokers.subscribeAt(sentinel().url);
      await untilUp(broker);
      const [master] = sentinel().servers;
      const probeCount = async (): Promise<number> =>
        Number(/cmdstat_role:calls=(\d+)/.exec((await master?.command('INFO', 'commandstats')) ?? '')?.[1]);
      await Promise.all(sentinel().sentinels.map((one) => one.kill()));
      const before = await probeCount();
      await eventually(async () => expect(await probeCount()).toBeGreaterThanOrEqual(before + 2));
      await broker.publish([sampleEvent(1)]);
      await eventually(() => expect(heard.received).toHaveLength(1));
      expect(heard.counts.subscribed).toBe(1);
      expect(broker.status()).toEqual({ status: 'up' });
      const late = brokers.openAt(sentinel().url);
      await eventually(() => expect(late.status()).toEqual(down(/^no sentinel answers: .*ECONNREFUSED/)));
      await late.close();
    });

    it('finds the master while one sentinel is dead and one is frozen, and closes in the middle of a question', async () => {
      const [dead, frozen] = sentinel().sentinels;
      await dead?.kill();
      frozen?.pause();
      const { broker, heard } = await brokers.subscribeAt(sentinel().url);
      await untilUp(broker);
      await publishUntilHeard(broker, 1, heard);
      for (const one of sentinel().sentinels) one.pause();
      const asking = brokers.openAt(sentinel().url);
      expect(await durationMs(() => asking.close())).toBeLessThan(1_000);
    });

    it.each([
      [
        'the name of the master',
        () => sentinel().url.replace('mymaster', 'other'),
        /^no sentinel knows a master "other"$/,
      ],
      ['the password of the servers', () => sentinel().url.replace(/:canary[^@]*@/, ':canary-wrong@'), /WRONGPASS/],
      ['the password of the sentinels', () => `${sentinel().url}-wrong`, /^no sentinel answers: WRONGPASS/],
      [
        'the missing password of the sentinels',
        () => sentinel().url.replace(/\?.*/, ''),
        /^no sentinel answers: NOAUTH/,
      ],
    ])('says that %s is wrong, without any password', async (_what, urlOf, reason) => {
      const broker = brokers.openAt(urlOf());
      await eventually(() => expect(broker.status()).toEqual(down(reason)));
      await expect(broker.publish([sampleEvent(1)])).rejects.toMatchObject({ code: 'PUBLISH_FAILED' });
      expect(JSON.stringify(broker.status())).not.toContain('canary');
    });
  });

  describe('I7: failovers', () => {
    let own: RedisSentinel;
    let oldMaster: RedisServer;
    let channel: string;
    let ingester: Broker;
    let gateway: { readonly broker: Broker; readonly heard: Heard };
    beforeEach(async () => {
      own = await startRedisSentinel();
      oldMaster = await own.master();
      channel = `test:${randomUUID()}`;
      ingester = brokers.openAt(own.url, channel);
      gateway = await brokers.subscribeAt(own.url, channel);
      await Promise.all([untilUp(ingester), untilUp(gateway.broker)]);
    });
    afterEach(async () => {
      await brokers.closeAll();
      await own.stop();
    });

    it('believes most of the sentinels, not the first', async () => {
      const [mistaken] = own.sentinels;
      const [, replica] = own.servers;
      await mistaken?.command('SENTINEL', 'REMOVE', own.masterName);
      await mistaken?.command('SENTINEL', 'MONITOR', own.masterName, '127.0.0.1', String(replica?.port), '2');
      const broker = brokers.openAt(own.url, channel);
      await untilUp(broker);
      await publishUntilHeard(broker, 1, gateway.heard);
    });

    async function expectFailover(): Promise<void> {
      const tookMs = await durationMs(() => publishUntilHeard(ingester, 1, gateway.heard));
      expect(tookMs).toBeLessThan(FAILOVER_MS);
      const newMaster = await own.master();
      expect(newMaster.port).not.toBe(oldMaster.port);
      expect(await newMaster.command('PUBSUB', 'NUMSUB', channel)).toBe(`${channel}\n1`);
      expect(gateway.heard.counts.subscribed).toBeGreaterThanOrEqual(2);
      await Promise.all([untilUp(ingester), untilUp(gateway.broker)]);
    }

    it('follows to the new master when the old one is killed', async () => {
      await oldMaster.kill('SIGKILL');
      await expectFailover();
    });

    it('follows to the new master when the old one freezes, and stays there when it thaws', async () => {
      oldMaster.pause();
      await expectFailover();
      oldMaster.resume();
      await publishUntilHeard(ingester, 2, gateway.heard);
    });

    it('follows to the new master in a planned failover, in which the old one lives on', async () => {
      await own.sentinels[0]?.command('SENTINEL', 'FAILOVER', own.masterName);
      await eventually(async () => expect((await own.master()).port).not.toBe(oldMaster.port));
      await eventually(() => expect(gateway.heard.counts.subscribed).toBeGreaterThanOrEqual(2));
      await expectFailover();
    });

    // PUBLISH on a replica succeeds and reaches nobody, so nothing else would tell.
    it('leaves a master that was demoted without a word to its clients', async () => {
      const [, replica] = own.servers;
      await Promise.all(own.sentinels.map((one) => one.kill()));
      await replica?.command('REPLICAOF', 'NO', 'ONE');
      await oldMaster.command('REPLICAOF', '127.0.0.1', String(replica?.port));
      const reason = /not the master "mymaster" but a slave|^no sentinel answers/;
      await eventually(() => expect(ingester.status()).toEqual(down(reason)));
      await eventually(() => expect(gateway.broker.status()).toEqual(down(reason)));
    });
  });
});

const down = (reason: RegExp) => ({ status: 'down', reason: expect.stringMatching(reason) });
