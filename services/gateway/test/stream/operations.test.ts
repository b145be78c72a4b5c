import { masterApiKey } from '@dms/runtime';
import { eventually, openTestConnection } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { freshIds, useStage } from './gateway-fixture.ts';

const start = useStage();
const KEY = 'k'.repeat(32);
const withKey = { apiKeys: [masterApiKey(KEY)] };

async function connectionsOf(port: number): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/stats`, { headers: { Authorization: `Bearer ${KEY}` } });
  const stats: unknown = await response.json();
  return typeof stats === 'object' && stats !== null && 'connections' in stats ? stats.connections : stats;
}

describe('/stats counts the addresses that are connected', () => {
  const forwardedFor = (addresses: string) => ({ headers: { 'X-Forwarded-For': addresses } });

  it('as a trusted proxy reports them, and not as a client claims', async () => {
    const { url, gateway } = await start({ ...withKey, trustProxy: 1 });
    const clients = await Promise.all([
      openTestConnection(url, forwardedFor('203.0.113.1')),
      openTestConnection(url, forwardedFor('203.0.113.1')),
      openTestConnection(url, forwardedFor('203.0.113.2')),
      // The proxy appends what it saw; what stands before it is the client's own invention.
      openTestConnection(url, forwardedFor('198.51.100.9, 203.0.113.2')),
      openTestConnection(url, forwardedFor('2001:db8::1')),
      openTestConnection(url, forwardedFor('2001:db8::2')),
    ]);
    expect(await connectionsOf(gateway.port)).toMatchObject({ total: 6, by_door: { ws: 6 }, addresses: 3 });
    await Promise.all(clients.map((client) => client.close()));
    await eventually(async () => {
      expect(await connectionsOf(gateway.port)).toMatchObject({ total: 0, addresses: 0 });
    });
  });

  it('as those of the sockets while no proxy is trusted, whatever a client claims', async () => {
    const { url, gateway } = await start({ ...withKey, trustProxy: 0 });
    const clients = await Promise.all([
      openTestConnection(url, forwardedFor('203.0.113.1')),
      openTestConnection(url, forwardedFor('203.0.113.2')),
      openTestConnection(url, { localAddress: '127.0.0.2' }),
    ]);
    expect(await connectionsOf(gateway.port)).toMatchObject({ total: 3, addresses: 2 });
    await Promise.all(clients.map((client) => client.close()));
  });
});

describe('the gateway’s metrics', () => {
  const samplesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line.startsWith('dms_'));

  it('tell its connections, the place it has reached, and the state of its feed', async () => {
    const { url, gateway, metrics, append, message } = await start();
    const [id = 0] = freshIds(1);
    const client = await openTestConnection(url);
    await append([message(id)]);
    await client.waitForEvents(1);
    const { seq } = gateway.feed.last;
    expect(seq).toBeGreaterThan(0);
    expect(samplesOf(await metrics.text())).toEqual([
      'dms_gateway_connections{door="ws"} 1',
      'dms_gateway_connections{door="sse"} 0',
      'dms_gateway_connections{door="ndjson"} 0',
      'dms_gateway_connections{door="poll"} 0',
      `dms_gateway_applied_seq ${seq}`,
      'dms_gateway_feed_state{state="booting"} 0',
      'dms_gateway_feed_state{state="live"} 1',
      'dms_gateway_feed_state{state="degraded"} 0',
    ]);
    await client.close();
  });
});

describe('the gateway’s readiness', () => {
  it('is ok, then degraded without Redis, then down while draining', async () => {
    const { gateway, broker } = await start({ drainNoticeMs: 200 });
    expect(await gateway.readiness()).toEqual({ status: 'ok', reasons: [], feed: 'live', connections: 0 });
    await broker.close();
    expect(await gateway.readiness()).toEqual({
      status: 'degraded',
      reasons: ['without Redis, events arrive through the log'],
      feed: 'degraded',
      connections: 0,
    });
    const stopping = gateway.stop();
    expect(await gateway.readiness()).toMatchObject({
      status: 'down',
      reasons: ['This replica is stopping.', 'without Redis, events arrive through the log'],
    });
    await stopping;
  });
});
