import { setTimeout as delay } from 'node:timers/promises';
import { eventually, openTestConnection, type TestConnection } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { createTenure, passTenure } from '../../src/fan-out/tenure.ts';
import { openNdjson } from '../http/events/read-stream.ts';
import { freshIds, idsOf, useStage } from './gateway-fixture.ts';

const start = useStage();
const ARRIVAL_INTERVAL_MS = 450;

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

describe('a replica that comes later', () => {
  it('I5: gets its share of streams that were there before, and none of their clients misses or repeats an event', async () => {
    const settings = { maxConnectionAgeMs: 3_000, moveGraceMs: 30_000 };
    const gateways = [await start(settings)];
    const ended = new AbortController();
    const [first] = gateways;
    /** What a load balancer does that sends each new stream where the fewest are. */
    const least = () => gateways.reduce((a, b) => (b.gateway.connections < a.gateway.connections ? b : a)).url;

    /** Follows op 7 from socket to socket; returns all that it was sent. What the old one still carries comes on the new one too. */
    async function roam(): Promise<readonly number[]> {
      const seen: number[] = [];
      let socket = 0;
      const connect = (since?: string): Promise<TestConnection> => {
        socket += 1;
        const own = socket;
        const onEvent = ({ s }: { readonly s: number }): void => {
          if (own === socket) seen.push(s);
        };
        return openTestConnection(least(), { onEvent, ...(since !== undefined && { since }) });
      };
      let client = await connect();
      while (!ended.signal.aborted) {
        const asked = await client.waitFor(({ op }) => op === 7, 500).catch(() => null);
        if (asked === null) continue;
        const next = await connect(client.position);
        await client.close();
        client = next;
      }
      await client.close();
      return seen;
    }

    // They come one after another, as people do, and so their ages end one after another: who moves together chooses alike.
    const roaming: Promise<readonly number[]>[] = [];
    try {
      for (let clients = 0; clients < 6; clients += 1) {
        roaming.push(roam());
        await delay(ARRIVAL_INTERVAL_MS);
      }
      await eventually(() => expect(first?.gateway.connections).toBe(6));
      gateways.push(await start(settings));
      await eventually(
        async () => {
          const [id = 0] = freshIds(1);
          await first?.append([first.message(id)]);
          const counts = gateways.map(({ gateway }) => gateway.connections);
          expect(Math.min(...counts)).toBeGreaterThanOrEqual(2);
        },
        { timeoutMs: 20_000, intervalMs: 100 },
      );
    } finally {
      ended.abort();
      await Promise.allSettled(roaming);
    }
    for (const seen of await Promise.all(roaming)) {
      const [start = 0] = seen;
      expect(seen).toEqual(seen.map((_, index) => start + index));
      expect(seen.length).toBeGreaterThan(0);
    }
  });
});
