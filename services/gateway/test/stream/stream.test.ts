import { openTestConnection } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { freshIds, idsOf, useStage } from './gateway-fixture.ts';
import { keepNewestOnly } from './keep-newest-only.ts';

const start = useStage();

describe('a stream', () => {
  it('I5: says hello first and then carries what is appended, in order', async () => {
    const { url, append, message } = await start();
    const ids = freshIds(60);
    const client = await openTestConnection(url);
    expect(client.hello).toMatchObject({ resumed: false, reason: null, heartbeatIntervalMs: 25_000 });
    await append(ids.slice(0, 50).map((id) => message(id)));
    await append(ids.slice(50).map((id) => message(id)));
    const events = await client.waitForEvents(60);
    expect(idsOf(events)).toEqual(ids);
    expect(events.map(({ d }) => d.content)).toEqual(ids.map((id) => `text ${id}`));
    await client.close();
  });

  it('I5: a client resuming with its position receives each missed event exactly once', async () => {
    const { url, append, message } = await start();
    const [one = 0, two = 0, three = 0, four = 0, five = 0] = freshIds(5);
    const before = await openTestConnection(url);
    await append([message(one), message(two)]);
    await before.waitForEvents(2);
    before.drop();
    await append([message(three)]);
    await append([message(four)]);
    const after = await openTestConnection(url, { since: before.position });
    expect(after.hello).toMatchObject({ resumed: true, reason: null, position: before.position });
    await append([message(five)]);
    expect(idsOf(await after.waitForEvents(3))).toEqual([three, four, five]);
    await after.close();
  });

  it('I7: without a single published hint everything arrives within a tick', async () => {
    const { url, append, message } = await start();
    const ids = freshIds(2);
    const client = await openTestConnection(url);
    await append(
      ids.map((id) => message(id)),
      { isPublished: false },
    );
    expect(idsOf(await client.waitForEvents(2, 3_000))).toEqual(ids);
    await client.close();
  });

  it('I7: repeated, stale and overlapping hints are delivered once', async () => {
    const { url, append, message, broker, log, gateway } = await start();
    const ids = freshIds(4);
    const client = await openTestConnection(url);
    const first = gateway.feed.last.seq + 1;
    await append(ids.slice(0, 3).map((id) => message(id)));
    await broker.publish(await log.read(first, 10));
    await broker.publish(await log.read(first + 1, 10));
    await append(ids.slice(3).map((id) => message(id)));
    expect(idsOf(await client.waitForEvents(4))).toEqual(ids);
    expect(client.violations).toEqual([]);
    await client.close();
  });

  it('filters by author, channel and type, and still moves the position on', async () => {
    const { url, append, message, remove } = await start();
    const [one = 0, two = 0, three = 0] = freshIds(3);
    const byAuthor = await openTestConnection(url, { filter: { author_id: '30' } });
    const byChannel = await openTestConnection(url, { filter: { channel_id: '20' } });
    const deletes = await openTestConnection(url, { filter: { types: 'MESSAGE_DELETE' } });
    await append([message(one), message(two, { authorId: '30' }), message(three, { channelId: '20' }), remove(one)]);
    expect(idsOf(await byAuthor.waitForEvents(2))).toEqual([two, one]);
    expect(idsOf(await byChannel.waitForEvents(1))).toEqual([three]);
    expect(idsOf(await deletes.waitForEvents(1))).toEqual([one]);
    byChannel.send({ op: 1 });
    const ack = await byChannel.waitFor(({ op }) => op === 11);
    expect(ack.json).toMatchObject({ p: deletes.position });
    await Promise.all([byAuthor.close(), byChannel.close(), deletes.close()]);
  });

  it('I5: SUBSCRIBE replaces the filter in place, without a hole or a repeat at the seam', async () => {
    const { url, append, message } = await start();
    const [one = 0, two = 0, three = 0, four = 0, five = 0] = freshIds(5);
    const client = await openTestConnection(url, { filter: { channel_id: '20' } });
    await append([message(one), message(two, { channelId: '20' })]);
    await client.waitForEvents(1);
    client.send({ op: 101, d: { channel_id: ['2'] } });
    const subscribed = await client.waitFor(({ op }) => op === 102);
    expect(subscribed.json).toMatchObject({ d: { filter: { channel_id: ['2'] }, effective_after: client.position } });
    await append([message(three), message(four, { channelId: '20' }), message(five)]);
    expect(idsOf(await client.waitForEvents(3))).toEqual([two, three, five]);
    await client.close();
  });

  it('a duration starts in the past, latest does not', async () => {
    const { url, append, message } = await start();
    const ids = freshIds(5);
    await append(ids.map((id) => message(id)));
    const recent = await openTestConnection(url, { since: '10m' });
    const latest = await openTestConnection(url);
    await recent.waitFor(({ json }) => json.op === 0 && json.p === latest.hello.position);
    expect(idsOf(recent.events).slice(-5)).toEqual(ids);
    expect(latest.events).toEqual([]);
    await Promise.all([recent.close(), latest.close()]);
  });

  it('I6: a position of another history is answered with diverged, one ahead too', async () => {
    const { url, append, message } = await start();
    await append(freshIds(2).map((id) => message(id)));
    for (const since of ['1:1', '99:2', '1:77777', '5:0']) {
      const client = await openTestConnection(url, { since });
      expect(client.hello).toMatchObject({ resumed: false, reason: 'diverged' });
      await client.close();
    }
  });
});

describe('a delete', () => {
  it('leaves nothing of the content for anybody who comes later, from memory or from the log', async () => {
    const { url, append, message, remove, gateway } = await start();
    const [one = 0, two = 0] = freshIds(2);
    const since = `${gateway.feed.last.term}:${gateway.feed.last.seq}`;
    await append([message(one, { text: 'secret' }), message(two)]);
    await append([message(one, { text: 'secret again', editedAtMs: 5_000 })]);
    await append([remove(one)]);
    const fromMemory = await openTestConnection(url, { since });
    const memory = (await fromMemory.waitForEvents(4)).map(({ text }) => text);
    keepNewestOnly(gateway.feed.ring, gateway.feed.last.seq);
    const fromLog = await openTestConnection(url, { since });
    const stored = (await fromLog.waitForEvents(4)).map(({ text }) => text);
    expect(memory.join()).not.toContain('secret');
    expect(stored).toEqual(memory);
    expect(fromMemory.events[0]?.d).toEqual({
      id: String(one),
      channel_id: '2',
      guild_id: '1',
      purged: true,
      origin: 'live',
    });
    await Promise.all([fromMemory.close(), fromLog.close()]);
  });
});

describe('far behind', () => {
  it('I5: a client below the ring reads the log page by page and joins the live stream without a seam', async () => {
    const { url, append, message, gateway } = await start();
    const ids = freshIds(3_010);
    const since = `${gateway.feed.last.term}:${gateway.feed.last.seq}`;
    for (let first = 0; first < 3_000; first += 500) {
      await append(ids.slice(first, first + 500).map((id) => message(id)));
    }
    keepNewestOnly(gateway.feed.ring, gateway.feed.last.seq);
    const client = await openTestConnection(url, { since });
    await append(ids.slice(3_000).map((id) => message(id)));
    expect(idsOf(await client.waitForEvents(3_010))).toEqual(ids);
    await client.close();
  });

  it('I9: a client that stops reading costs nobody anything and continues where it was', async () => {
    const { url, append, message } = await start();
    const ids = freshIds(6_000);
    const slow = await openTestConnection(url);
    const fast = await openTestConnection(url);
    slow.pause();
    const text = 'x'.repeat(2_000);
    for (let first = 0; first < 6_000; first += 500) {
      await append(ids.slice(first, first + 500).map((id) => message(id, { text: `${id} ${text}` })));
    }
    expect(idsOf(await fast.waitForEvents(6_000, 20_000))).toEqual(ids);
    slow.resume();
    expect(idsOf(await slow.waitForEvents(6_000, 20_000))).toEqual(ids);
    await Promise.all([slow.close(), fast.close()]);
  });
});

// Last in the file: it shortens the log the others share.
describe('pruning', () => {
  it('I6: a pruned position is answered with too_old, and the stream goes on from the newest event', async () => {
    const { url, append, message, log, gateway } = await start();
    const ids = freshIds(4);
    for (const id of ids.slice(0, 3)) await append([message(id)]);
    const { term, seq } = gateway.feed.last;
    await log.prune(Date.now() + 60_000, 1_000_000);
    keepNewestOnly(gateway.feed.ring, seq);
    const client = await openTestConnection(url, { since: `${term}:${seq - 2}` });
    expect(client.hello).toMatchObject({ resumed: false, reason: 'too_old', position: `${term}:${seq}` });
    await append(ids.slice(3).map((id) => message(id)));
    expect(idsOf(await client.waitForEvents(1))).toEqual(ids.slice(3));
    await client.close();
  });
});
