import { randomUUID } from 'node:crypto';
import { openBroker } from '@dms/broker';
import {
  checkLeaks,
  describeWith,
  eventually,
  infrastructure,
  type RedisServer,
  useRedis,
  useRedisCluster,
} from '@dms/test-kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { describeBrokerContract, untilUp } from './broker-contract.ts';
import { sampleEvent } from './sample-events.ts';
import { durationMs, publishUntilHeard, useBrokers } from './use-brokers.ts';

checkLeaks();

/** A dead node is left at once, a frozen or expelled one after at most 4 s; the rest is for a busy machine. */
const CHANGE_MS = 8_000;

describeWith(infrastructure.redisProcess, 'Redis Cluster', () => {
  const brokers = useBrokers();
  const cluster = useRedisCluster({ replicas: 1 });
  const urlOf = ({ port }: RedisServer): string => `redis-cluster://127.0.0.1:${port}`;
  const nodeAt = (index: number): RedisServer => {
    const node = cluster().nodes[index];
    if (node === undefined) throw new Error(`the cluster has no node ${index}`);
    return node;
  };
  describeBrokerContract('Redis Cluster', () => openBroker(cluster().url, { channel: `test:${randomUUID()}` }));

  describe('I7: nodes', () => {
    afterEach(async () => {
      for (const node of cluster().nodes) node.resume();
      await brokers.closeAll();
    });

    it('carries events from every node to every node, replicas included', async () => {
      const channel = 'test:every-node';
      const gateways = await Promise.all(cluster().nodes.map((node) => brokers.subscribeAt(urlOf(node), channel)));
      await Promise.all(gateways.map(({ broker }) => untilUp(broker)));
      for (const node of cluster().nodes) {
        expect(await node.command('PUBSUB', 'NUMSUB', channel)).toBe(`${channel}\n1`);
      }
      for (const [index, { broker }] of gateways.entries()) await broker.publish([sampleEvent(index)]);
      for (const { heard } of gateways) {
        await eventually(() => expect(heard.received.map(({ seq }) => seq).sort()).toEqual([0, 1, 2, 3]));
      }
    });

    /** The URL names only the node that fails, so the others must have been learnt from it. */
    async function expectLeaving(node: RedisServer, fail: () => unknown): Promise<void> {
      const channel = `test:${randomUUID()}`;
      const ingester = brokers.openAt(urlOf(node), channel);
      const { broker: gateway, heard } = await brokers.subscribeAt(urlOf(node), channel);
      await Promise.all([untilUp(ingester), untilUp(gateway)]);
      const tookMs = await durationMs(async () => {
        await fail();
        await eventually(() => expect(heard.counts.subscribed).toBeGreaterThanOrEqual(2));
        await publishUntilHeard(ingester, 1, heard);
      });
      expect(tookMs).toBeLessThan(CHANGE_MS);
      await Promise.all([untilUp(ingester), untilUp(gateway)]);
    }

    it('goes on at another node when its own is killed', async () => {
      const node = nodeAt(0);
      await expectLeaving(node, () => node.kill('SIGKILL'));
      await node.restart();
    });

    it('goes on at another node when its own freezes', async () => {
      const node = nodeAt(1);
      await expectLeaving(node, () => node.pause());
    });

    it('goes on at another node when its own was taken out of the cluster and still answers', async () => {
      const node = nodeAt(3);
      await expectLeaving(node, () => node.command('CLUSTER', 'RESET'));
      expect(await node.command('PING')).toBe('PONG');
    });
  });

  describe('a server without a cluster', () => {
    const redis = useRedis();
    afterEach(brokers.closeAll);

    it('is not used, and the status says why', async () => {
      const broker = brokers.openAt(urlOf(redis()));
      const reason = 'the server is not a node of a cluster';
      await eventually(() => expect(broker.status()).toEqual({ status: 'down', reason }));
    });
  });
});
