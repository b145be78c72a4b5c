import { createMetrics } from '@dms/runtime';
import { describe, expect, it } from '@jest/globals';

describe('metrics', () => {
  it('are read at each scrape, and say what they are', async () => {
    const counts = { queued: 3, committed: 10 };
    const metrics = createMetrics();
    metrics.gauge({ name: 'dms_queue_changes', help: 'Changes that wait.', read: () => counts.queued });
    metrics.counter({ name: 'dms_events_total', help: 'Events committed.', read: () => counts.committed });
    expect((await metrics.text()).trim().split('\n')).toEqual([
      '# HELP dms_queue_changes Changes that wait.',
      '# TYPE dms_queue_changes gauge',
      'dms_queue_changes 3',
      '',
      '# HELP dms_events_total Events committed.',
      '# TYPE dms_events_total counter',
      'dms_events_total 10',
    ]);
    counts.queued = 0;
    counts.committed = 12;
    const lines = (await metrics.text()).split('\n');
    expect(lines).toEqual(expect.arrayContaining(['dms_queue_changes 0', 'dms_events_total 12']));
  });

  it('have one sample for each value of their label, and forget values that are gone', async () => {
    let byDoor: Record<string, number> = { ws: 2, sse: 1 };
    const metrics = createMetrics();
    metrics.gauge({ name: 'dms_connections', help: 'Open connections.', label: 'door', read: () => byDoor });
    expect(await metrics.text()).toContain('dms_connections{door="ws"} 2\ndms_connections{door="sse"} 1\n');
    byDoor = { ws: 5 };
    const text = await metrics.text();
    expect(text).toContain('dms_connections{door="ws"} 5\n');
    expect(text).not.toContain('sse');
  });

  it('have no sample while there is nothing to tell', async () => {
    let seq: number | null = null;
    const metrics = createMetrics();
    metrics.gauge({ name: 'dms_head_seq', help: 'Newest seq.', read: () => seq });
    expect(await metrics.text()).not.toMatch(/^dms_head_seq/m);
    seq = 7;
    expect(await metrics.text()).toMatch(/^dms_head_seq 7$/m);
    seq = null;
    expect(await metrics.text()).not.toMatch(/^dms_head_seq/m);
  });

  it('refuse a name that is taken, and are apart from those of another registry', () => {
    const define = (metrics = createMetrics()) => {
      metrics.gauge({ name: 'dms_one', help: 'One.', read: () => 1 });
      return metrics;
    };
    expect(() => define(define())).toThrow(/dms_one/);
    expect(() => define()).not.toThrow();
  });
});

describe('histograms', () => {
  it('add up what is observed, and have every value of their label from the start', async () => {
    const metrics = createMetrics();
    const observe = metrics.histogram({
      ...{ name: 'dms_hop_seconds', help: 'Hops.', buckets: [0.1, 1], label: 'hop', values: ['one', 'two'] },
    });
    observe('one', 0.05);
    observe('one', 7);
    const text = await metrics.text();
    for (const line of [
      'dms_hop_seconds_bucket{le="0.1",hop="one"} 1',
      'dms_hop_seconds_bucket{le="1",hop="one"} 1',
      'dms_hop_seconds_bucket{le="+Inf",hop="one"} 2',
      'dms_hop_seconds_sum{hop="one"} 7.05',
      'dms_hop_seconds_count{hop="two"} 0',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  it('or show how something is distributed right now', async () => {
    let lags: readonly number[] = [0, 0, 5];
    const metrics = createMetrics();
    metrics.snapshot({ name: 'dms_lag_events', help: 'Lag.', buckets: [0, 10], read: () => lags });
    expect(await metrics.text()).toContain('dms_lag_events_bucket{le="0"} 2\n');
    lags = [100];
    const text = await metrics.text();
    expect(text).toContain('dms_lag_events_bucket{le="10"} 0\n');
    expect(text).toContain('dms_lag_events_count 1\n');
  });
});

it('have several labels where one is not enough', async () => {
  const metrics = createMetrics();
  metrics.counter({
    ...{ name: 'dms_closes_total', help: 'Closes.', labels: ['code', 'by'] },
    read: () => [{ labels: { code: '1012', by: 'server' }, value: 3 }],
  });
  expect(await metrics.text()).toContain('dms_closes_total{code="1012",by="server"} 3\n');
});
