import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { openSharedCounts, type PlaceCaps } from '@dms/broker';
import { describe, expect, it } from '@jest/globals';
import { createDoorkeeper, type Doorkeeper } from '../../src/access/admission.ts';

const anybody = new IncomingMessage(new Socket());

/** A doorkeeper before whom everybody comes from `address`. */
function keep(caps: Partial<PlaceCaps>, maxConnects = 0) {
  const sender = { address: '203.0.113.1' };
  const counts = openSharedCounts('memory:', {
    replicaId: 'test',
    caps: { perAddress: 0, total: 0, perReplica: 0, ...caps },
  });
  const doorkeeper = createDoorkeeper({
    feed: { isReady: true },
    access: { clientAddress: () => sender.address },
    counts,
    connectRate: { windowMs: 60_000, maxConnects },
  });
  return { sender, counts, doorkeeper };
}

async function admitFrom(doorkeeper: Doorkeeper, sender: { address: string }, addresses: readonly string[]) {
  const outcomes: (string | number)[] = [];
  for (const address of addresses) {
    sender.address = address;
    const admission = await doorkeeper.admit(anybody);
    outcomes.push(admission.ok ? 'in' : admission.status);
  }
  return outcomes;
}

describe('I9: places', () => {
  it('are refused to one address beyond its share, and not to others', async () => {
    const { doorkeeper, sender } = keep({ perAddress: 2 });
    const addresses = ['1.1.1.1', '1.1.1.1', '1.1.1.1', '2.2.2.2'];
    expect(await admitFrom(doorkeeper, sender, addresses)).toEqual(['in', 'in', 429, 'in']);
  });

  it('count one IPv6 subscriber as one, whatever address it chooses', async () => {
    const { doorkeeper, sender, counts } = keep({ perAddress: 1 });
    const addresses = ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1'];
    expect(await admitFrom(doorkeeper, sender, addresses)).toEqual(['in', 429, 'in']);
    expect(counts.addresses).toBe(2);
  });

  it('come back once, however often they are released', async () => {
    const { doorkeeper, sender } = keep({ total: 2 });
    const first = await doorkeeper.admit(anybody);
    await doorkeeper.admit(anybody);
    if (first.ok) first.release();
    if (first.ok) first.release();
    expect(await admitFrom(doorkeeper, sender, ['1.1.1.1', '1.1.1.1'])).toEqual(['in', 503]);
  });

  it('are refused for good while draining, which counts like every other refusal', async () => {
    const { doorkeeper, sender } = keep({ perReplica: 1 });
    await admitFrom(doorkeeper, sender, ['1.1.1.1', '2.2.2.2']);
    doorkeeper.refuseNew();
    expect(await admitFrom(doorkeeper, sender, ['1.1.1.1'])).toEqual([503]);
    expect(doorkeeper.refusals).toMatchObject({ 'replica-full': 1, draining: 1, 'per-address': 0 });
  });

  it('say with a close code only what no other replica could answer better', async () => {
    const { doorkeeper } = keep({ perReplica: 1 });
    await doorkeeper.admit(anybody);
    expect(await doorkeeper.admit(anybody)).toMatchObject({ status: 503, closeCode: null });
    const full = keep({ total: 1 }).doorkeeper;
    await full.admit(anybody);
    expect(await full.admit(anybody)).toMatchObject({ status: 503, closeCode: 4022 });
  });
});

describe('I9: the connect rate', () => {
  it('counts every attempt of an address, and says when the next one is worth it', async () => {
    const { doorkeeper, sender } = keep({}, 2);
    const knocks = [await doorkeeper.knock(anybody), await doorkeeper.knock(anybody), await doorkeeper.knock(anybody)];
    expect(knocks.slice(0, 2)).toEqual([null, null]);
    expect(knocks[2]).toMatchObject({ status: 429, slug: 'too-many-requests', retryAfterSeconds: 60 });
    sender.address = '203.0.113.2';
    expect(await doorkeeper.knock(anybody)).toBeNull();
  });
});
