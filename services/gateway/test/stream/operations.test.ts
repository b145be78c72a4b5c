import { masterApiKey } from '@dms/runtime';
import { eventually, openTestConnection } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { messageChange } from '../http/real-log.ts';
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
  const nowId = (): string => (BigInt(Date.now() - 1_420_070_400_000) << 22n).toString();

  it('tell its connections, the place it has reached, and the state of its feed', async () => {
    const { url, gateway, metrics, append, message } = await start();
    const [id = 0] = freshIds(1);
    const client = await openTestConnection(url);
    await append([message(id)]);
    await client.waitForEvents(1);
    const { seq } = gateway.feed.last;
    expect(seq).toBeGreaterThan(0);
    const text = await metrics.text();
    for (const line of [
      'dms_gateway_connections{door="ws"} 1',
      'dms_gateway_connections{door="poll"} 0',
      `dms_gateway_applied_seq ${seq}`,
      'dms_gateway_feed_state{state="booting"} 0',
      'dms_gateway_feed_state{state="live"} 1',
      'dms_gateway_feed_state{state="degraded"} 0',
      'dms_gateway_hints_total 1',
      'dms_gateway_writes_total 1',
      'dms_gateway_written_events_total 1',
      'dms_gateway_connection_lag_events_bucket{le="0"} 1',
      'dms_gateway_limits_shared 0',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    await client.close();
  });

  it('tell how long new messages took, hop by hop, once for each and not for each client', async () => {
    const { url, metrics, append, log } = await start();
    const clients = await Promise.all([openTestConnection(url), openTestConnection(url)]);
    await append([messageChange(log, { id: nowId() })]);
    await append([messageChange(log, { id: String(BigInt(nowId()) + 1n), origin: 'backfill' })]);
    await Promise.all(clients.map((client) => client.waitForEvents(2)));
    await eventually(async () => {
      const text = await metrics.text();
      for (const hop of ['applied', 'delivered']) {
        expect(text).toContain(`dms_gateway_hop_seconds_count{hop="${hop}"} 1\n`);
        expect(text).toContain(`dms_gateway_hop_seconds_bucket{le="30",hop="${hop}"} 1\n`);
      }
      expect(text).toMatch(/dms_gateway_hop_seconds_count\{hop="fanned_out"\} [12]\n/);
    });
    await Promise.all(clients.map((client) => client.close()));
  });

  it('tell how resumes ended and where what was missed came from, and why sockets closed', async () => {
    const { url, metrics, append, message, gateway } = await start();
    const ids = freshIds(2);
    const first = await openTestConnection(url);
    await append(ids.map((id) => message(id)));
    const start0 = first.hello.position;
    await first.waitForEvents(2);
    const { term, seq } = gateway.feed.last;
    const resumed = [
      await openTestConnection(url, { since: start0 }),
      await openTestConnection(url, { since: `${term}:${seq}` }),
      await openTestConnection(url, { since: `${term}:${seq + 99}` }),
    ];
    resumed[0]?.send({ op: 55 });
    await resumed[0]?.closed;
    await Promise.all([first, ...resumed.slice(1)].map((client) => client.close(1000)));
    await eventually(async () => {
      const text = await metrics.text();
      for (const line of [
        'dms_gateway_resumes_total{tier="ring",result="resumed"} 1',
        'dms_gateway_resumes_total{tier="live",result="resumed"} 1',
        'dms_gateway_resumes_total{tier="log",result="resumed"} 0',
        'dms_gateway_resumes_total{tier="none",result="diverged"} 1',
        'dms_gateway_closes_total{code="4001",by="server"} 1',
        'dms_gateway_closes_total{code="1000",by="client"} 3',
      ]) {
        expect(text).toContain(`${line}\n`);
      }
    });
  });

  it('name few close codes, whatever clients make up', async () => {
    const { url, metrics } = await start();
    for (const code of [3000, 3999, 4999]) await (await openTestConnection(url)).close(code);
    await eventually(async () => {
      expect(await metrics.text()).toContain('dms_gateway_closes_total{code="other",by="client"} 3\n');
    });
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
