import { openTestConnection } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { createTenure, passTenure } from '../../src/fan-out/tenure.ts';
import { openNdjson } from '../http/events/read-stream.ts';
import { freshIds, idsOf, useStage } from './gateway-fixture.ts';

const start = useStage();

describe('the age of a connection', () => {
  it('is cut by up to a fifth at random, and unlimited at 0', () => {
    expect(createTenure(1_000, 60_000, 0).endsAtMs).toBe(61_000);
    expect(createTenure(1_000, 60_000, 1).endsAtMs).toBe(49_000);
    expect(passTenure(createTenure(0, 0, 0.5), Number.MAX_SAFE_INTEGER, 0)).toBe('none');
  });

  it('is asked about once, and ends it after the time to move', () => {
    const tenure = createTenure(0, 1_000, 0);
    const due = [999, 1_000, 2_000, 5_999, 6_000].map((nowMs) => passTenure(tenure, nowMs, 5_000));
    expect(due).toEqual(['none', 'ask', 'none', 'none', 'end']);
  });
});

describe('a connection that has been open for long', () => {
  it('I5: is asked to move, and whoever opens the new one first misses and repeats nothing', async () => {
    const { url, append, message } = await start({ maxConnectionAgeMs: 1_000, moveGraceMs: 30_000 });
    const [one = 0, two = 0, three = 0] = freshIds(3);
    const old = await openTestConnection(url);
    await append([message(one)]);
    expect((await old.waitFor(({ op }) => op === 7)).json).toMatchObject({ d: { after_ms: 0, reason: 'max_age' } });
    await append([message(two)]);
    await old.waitForEvents(2);
    const moved = await openTestConnection(url, { since: old.position });
    expect(moved.hello.resumed).toBe(true);
    await old.close();
    await append([message(three)]);
    expect(idsOf(old.events)).toEqual([one, two]);
    expect(idsOf(await moved.waitForEvents(1))).toEqual([three]);
    await moved.close();
  });

  it('is closed with 1012 when it stays all the same', async () => {
    const { url } = await start({ maxConnectionAgeMs: 1_000, moveGraceMs: 0 });
    const client = await openTestConnection(url);
    expect(await client.closed).toMatchObject({ code: 1012, reason: 'max_age' });
    expect(client.frames.map(({ op }) => op).slice(-2)).toEqual([7, 103]);
  });

  it('I9: gives its place up when it is asked, so that a full house does not keep it from moving', async () => {
    const settings = { maxConnectionAgeMs: 1_000, moveGraceMs: 30_000, maxConnectionsPerAddress: 1 };
    const { url } = await start(settings);
    const old = await openTestConnection(url);
    await old.waitFor(({ op }) => op === 7);
    const moved = await openTestConnection(url, { since: old.position });
    await Promise.all([old.close(), moved.close()]);
  });

  it('hears the same as NDJSON', async () => {
    const { gateway } = await start({ maxConnectionAgeMs: 1_000, moveGraceMs: 0 });
    const reader = await openNdjson(`http://127.0.0.1:${gateway.port}/events?format=ndjson`);
    const [, asked, goodbye] = await reader.take(3);
    expect(asked).toMatchObject({ op: 7, d: { reason: 'max_age' } });
    expect(goodbye).toMatchObject({ op: 103, d: { code: 'max_age' } });
    await reader.close();
  });
});
