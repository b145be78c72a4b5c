import { randomUUID } from 'node:crypto';
import { openSharedCounts } from '@dms/broker';
import { masterApiKey } from '@dms/runtime';
import {
  describeWith,
  eventually,
  infrastructure,
  openTestConnection,
  UpgradeRefusedError,
  useRedis,
} from '@dms/test-kit';
import { expect, it } from '@jest/globals';
import { useStage } from './gateway-fixture.ts';

/** HTTP status of the refusal, or `open`. */
async function attempt(url: string, localAddress = '127.0.0.1'): Promise<number | 'open'> {
  try {
    await openTestConnection(url, { localAddress });
    return 'open';
  } catch (error) {
    if (error instanceof UpgradeRefusedError) return error.status;
    throw error;
  }
}

const countOf = (outcomes: readonly unknown[], wanted: unknown): number =>
  outcomes.filter((outcome) => outcome === wanted).length;

describeWith(infrastructure.redisProcess, 'gateways with one Redis', () => {
  const redis = useRedis();
  const namespace = `test:${randomUUID()}`;
  const start = useStage((caps) =>
    openSharedCounts(redis().url, { replicaId: randomUUID(), caps, namespace, leaseMs: 2_000 }),
  );

  const startTwo = async (settings: Parameters<typeof start>[0]) => {
    await redis().flushAll();
    const stages = [await start(settings), await start(settings)];
    await eventually(() => expect(stages.map(({ counts }) => counts.isShared)).toEqual([true, true]));
    return stages;
  };

  it('I9: open exactly as many streams as one cap allows, whichever is asked', async () => {
    const stages = await startTwo({ maxConnectionsPerAddress: 6, maxConnections: 10 });
    const fromOne = await Promise.all(Array.from({ length: 20 }, (_, index) => attempt(stages[index % 2]?.url ?? '')));
    expect([countOf(fromOne, 'open'), countOf(fromOne, 429)]).toEqual([6, 14]);
    const others = Array.from({ length: 20 }, (_, index) =>
      attempt(stages[index % 2]?.url ?? '', `127.0.0.${2 + (index % 4)}`),
    );
    const fromOthers = await Promise.all(others);
    expect([countOf(fromOthers, 'open'), countOf(fromOthers, 503)]).toEqual([4, 16]);
  });

  it('I9: count requests and connects together', async () => {
    const rateLimit = { windowMs: 60_000, maxRequests: 10 };
    const stages = await startTwo({ rateLimit, maxConnectsPerAddress: 8 });
    const ports = stages.map(({ gateway }) => gateway.port);
    const statuses = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const response = await fetch(`http://127.0.0.1:${ports[index % 2]}/channels`);
        await response.body?.cancel();
        return response.status;
      }),
    );
    expect([countOf(statuses, 200), countOf(statuses, 429)]).toEqual([10, 14]);
    const connects = await Promise.all(Array.from({ length: 12 }, (_, index) => attempt(stages[index % 2]?.url ?? '')));
    expect([countOf(connects, 'open'), countOf(connects, 429)]).toEqual([8, 4]);
  });

  it('I9: without Redis count for themselves, and nobody waits', async () => {
    const stages = await startTwo({ maxConnections: 2, rateLimit: { windowMs: 60_000, maxRequests: 3 } });
    await redis().kill('SIGKILL');
    await eventually(() => expect(stages.map(({ counts }) => counts.isShared)).toEqual([false, false]));
    for (const { url, gateway } of stages) {
      const outcomes = await Promise.all(Array.from({ length: 6 }, () => attempt(url)));
      expect([countOf(outcomes, 'open'), countOf(outcomes, 503)]).toEqual([2, 4]);
      const statuses: number[] = [];
      for (let sent = 0; sent < 5; sent += 1) {
        const response = await fetch(`http://127.0.0.1:${gateway.port}/channels`);
        await response.body?.cancel();
        statuses.push(response.status);
      }
      expect(statuses).toEqual([200, 200, 200, 429, 429]);
    }
    await redis().restart();
  });

  it('I9: let the clients of a draining one move at a cap: each new stream opens before the old one is closed', async () => {
    const stages = await startTwo({ maxConnectionsPerAddress: 4, maxConnections: 4, moveGraceMs: 20_000 });
    const [leaving, staying] = stages;
    const clients = await Promise.all(Array.from({ length: 4 }, () => openTestConnection(leaving?.url ?? '')));
    expect(await attempt(staying?.url ?? '')).toBe(429);
    const stopping = leaving?.gateway.stop();
    const moved = await Promise.all(
      clients.map(async (client) => {
        const asked = await client.waitFor(({ op }) => op === 7);
        expect(asked.json).toMatchObject({ d: { reason: 'drain' } });
        const next = await eventually(() => openTestConnection(staying?.url ?? '', { since: client.position }));
        expect([next.hello.resumed, client.isClosed]).toEqual([true, false]);
        await client.close();
        return next;
      }),
    );
    expect(await stopping).toBe(4);
    expect(await attempt(staying?.url ?? '')).toBe(429);
    await Promise.all(moved.map((client) => client.close()));
  });

  it('sum the streams of all living replicas at /stats, whichever is asked', async () => {
    const key = 'k'.repeat(32);
    const stages = await startTwo({ apiKeys: [masterApiKey(key)] });
    const statsOf = async (port: number): Promise<unknown> =>
      (await fetch(`http://127.0.0.1:${port}/stats`, { headers: { 'X-API-Key': key } })).json();
    await openTestConnection(stages[0]?.url ?? '');
    for (const localAddress of ['127.0.0.1', '127.0.0.2'])
      await openTestConnection(stages[1]?.url ?? '', { localAddress });
    for (const { gateway } of stages) {
      await eventually(async () => {
        expect(await statsOf(gateway.port)).toMatchObject({
          connections: {
            total: 3,
            by_door: { ws: 3 },
            addresses: 2,
            replicas: [{ id: expect.any(String) }, { is_draining: false }],
          },
          limits: { are_shared: true },
        });
      });
    }
    await stages[1]?.gateway.stop();
    await stages[1]?.counts.close();
    await eventually(async () => {
      expect(await statsOf(stages[0]?.gateway.port ?? 0)).toMatchObject({
        connections: { total: 1, replicas: [{ total: 1 }] },
      });
    });
  });

  it('I9: an upgrade that is refused or broken off keeps no place', async () => {
    const [stage] = await startTwo({ maxConnections: 1 });
    const url = stage?.url ?? '';
    for (let round = 0; round < 5; round += 1) {
      const client = await eventually(() => openTestConnection(url));
      expect(await attempt(url)).toBe(503);
      client.drop();
      await client.closed;
    }
  });
});
