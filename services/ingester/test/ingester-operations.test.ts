import { eventually, startFaultProxy } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { openTcpDoor } from './support/tcp-door.ts';
import { say, useRig } from './support/use-rig.ts';

const { databaseUrl, cleanups, openLog, startSimulator, startIngester, expectTruth } = useRig();

describe('what an operator can ask of an ingester', () => {
  it('its role, whether active or standing by, and its numbers', async () => {
    const simulator = await startSimulator();
    const first = startIngester(simulator);
    await first.connected();
    const second = startIngester(simulator);
    say(simulator, 5);
    await expectTruth(simulator);
    expect(first.ingester.readiness()).toMatchObject({ status: 'ok', role: 'active', discord: 'connected', queued: 0 });
    expect(second.ingester.readiness()).toMatchObject({ status: 'ok', role: 'standby', discord: 'disconnected' });
    const seq = first.committed.at(-1)?.seq;
    const samples = await samplesOf(first.metrics);
    const isTime = (sample: string): boolean => /_seconds(_|\{quantile)/.test(sample);
    expect(samples.filter((sample) => sample.startsWith('dms_ingester_commit_seconds{quantile="'))).toHaveLength(3);
    for (const hop of ['received', 'committed', 'published']) {
      const count = samples.find((sample) => sample.startsWith(`dms_ingester_hop_seconds_count{hop="${hop}"}`));
      // Messages are published with the commit that they shared.
      expect(Number(count?.split(' ')[1])).toBeGreaterThanOrEqual(hop === 'published' ? 1 : 5);
    }
    expect(samples.filter((sample) => !isTime(sample))).toEqual([
      'dms_ingester_open_gaps 0',
      'dms_ingester_dead_letters_total 0',
      'dms_ingester_terms_total 1',
      'dms_ingester_leading 1',
      'dms_ingester_discord_connected 1',
      'dms_ingester_queued_changes 0',
      `dms_ingester_head_seq ${seq}`,
      'dms_ingester_committed_events_total 5',
      'dms_ingester_commit_failures_total 0',
      'dms_ingester_publish_failures_total 0',
      'dms_backfill_messages_total 0',
      'dms_backfill_channels{state="done"} 0',
      'dms_backfill_channels{state="refused"} 0',
      'dms_backfill_channels{state="open"} 0',
    ]);
    expect((await samplesOf(second.metrics)).filter((sample) => !isTime(sample))).toEqual([
      'dms_ingester_dead_letters_total 0',
      'dms_ingester_terms_total 0',
      'dms_ingester_leading 0',
      'dms_ingester_discord_connected 0',
      'dms_ingester_queued_changes 0',
      'dms_ingester_committed_events_total 0',
      'dms_ingester_commit_failures_total 0',
      'dms_ingester_publish_failures_total 0',
      'dms_backfill_messages_total 0',
      'dms_backfill_channels{state="done"} 0',
      'dms_backfill_channels{state="refused"} 0',
      'dms_backfill_channels{state="open"} 0',
    ]);
  });

  it('an outage of Discord, then of the database: degraded, with the reason, and ok again afterwards', async () => {
    const socketDirectory = new URL(databaseUrl()).searchParams.get('host') ?? '';
    const door = await openTcpDoor(`${socketDirectory}/.s.PGSQL.5432`);
    cleanups.push(() => door.close());
    const proxy = await startFaultProxy({ host: '127.0.0.1', port: door.port });
    cleanups.push(() => proxy.close());
    const throughProxy = await openLog(`postgresql://postgres@127.0.0.1:${proxy.port}/postgres?sslmode=disable`);
    const simulator = await startSimulator();
    const { ingester, connected, metrics } = startIngester(simulator, {}, throughProxy);
    await connected();

    simulator.faults.add({ kind: 'refuse_resume', times: 1 });
    simulator.faults.add({ kind: 'drop', code: 4000 });
    await eventually(() => expect(ingester.readiness()).toMatchObject({ status: 'degraded', role: 'active' }));
    expect(ingester.readiness().reasons.join()).toMatch(/discord/i);
    await eventually(() => expect(ingester.readiness().status).toBe('ok'), { timeoutMs: 20_000 });

    proxy.refuse();
    proxy.cut();
    await eventually(() =>
      expect(ingester.readiness()).toMatchObject({
        status: 'degraded',
        reasons: ['the database does not answer'],
        database: 'down',
        discord: 'connected',
      }),
    );
    say(simulator, 1);
    await eventually(async () => expect(await metrics.text()).toMatch(/^dms_ingester_queued_changes [1-9]/m));
    expect(proxy.fired.cut).toBeGreaterThan(0);
    proxy.heal();
    await eventually(() => expect(ingester.readiness().status).toBe('ok'), { timeoutMs: 20_000 });
    await expectTruth(simulator);
  }, 60_000);
});

async function samplesOf({ text }: { text(): Promise<string> }): Promise<readonly string[]> {
  return (await text()).split('\n').filter((line) => line.startsWith('dms_'));
}
