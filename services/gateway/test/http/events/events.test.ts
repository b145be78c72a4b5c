import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { hashApiKey } from '@dms/runtime';
import { eventually, openTestConnection } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { freshIds, type Stage, useStage } from '../../stream/gateway-fixture.ts';
import { fetchEvents, openNdjson, openSse } from './read-stream.ts';

const start = useStage();
const eventsOf = ({ gateway }: Stage): string => `http://127.0.0.1:${gateway.port}/events`;
const headOf = ({ gateway }: Stage): string => `${gateway.feed.last.term}:${gateway.feed.last.seq}`;
const statusOf = async (url: string, init: RequestInit = {}): Promise<number> => (await fetch(url, init)).status;

describe('GET /events', () => {
  it('I5: every door carries the same frames: what was there, then what comes', async () => {
    const stage = await start();
    const since = headOf(stage);
    const [one = 0, other = 0, two = 0, three = 0] = freshIds(4);
    await stage.append([stage.message(one), stage.message(other, { channelId: '77' }), stage.message(two)]);
    const query = `?channel_id=2&since=${since}`;
    const webSocket = await openTestConnection(stage.url + query);
    const ndjson = await openNdjson(eventsOf(stage) + query);
    const sse = await openSse(eventsOf(stage) + query);
    await stage.append([stage.message(three, { text: 'zwölf Boxkämpfer 🥊\nzwei Zeilen' })]);

    const frames = (await webSocket.waitForEvents(3)).map(({ json }) => json);
    const [hello, ...lines] = await ndjson.take(4);
    expect(hello).toMatchObject({ op: 10, d: { resumed: true, reason: null, position: since } });
    expect(lines).toEqual(frames);
    const [greeting, ...messages] = await sse.take(4);
    expect(greeting).toEqual({ id: since, type: null, data: null });
    expect(messages.map(({ data }) => JSON.parse(data ?? ''))).toEqual(frames);
    expect(messages.map(({ id, type }) => [id, type])).toEqual(frames.map((frame) => [frame.p, frame.t]));
    const page = await fetchEvents(eventsOf(stage) + query);
    expect(page).toEqual({ events: frames, position: headOf(stage), up_to_date: true });
    await Promise.all([webSocket.close(), ndjson.close(), sse.close()]);
  });

  it('I5: a browser that comes back goes on after its last event, whatever its URL says', async () => {
    const stage = await start();
    const since = headOf(stage);
    const [one = 0, two = 0, three = 0] = freshIds(3);
    await stage.append([stage.message(one), stage.message(two)]);
    const first = await openSse(`${eventsOf(stage)}?since=${since}`);
    const [, seen] = await first.take(2);
    await first.close();
    await stage.append([stage.message(three)]);
    const again = await openSse(`${eventsOf(stage)}?since=${since}`, { 'Last-Event-ID': seen?.id ?? '' });
    const [, ...missed] = await again.take(3);
    expect(missed.map(({ data }) => JSON.parse(data ?? '').d.id)).toEqual([String(two), String(three)]);
    await again.close();
  });

  it('I5: a reader far behind gets page after page, then the live stream, each event once', async () => {
    const stage = await start();
    const since = headOf(stage);
    const ids = freshIds(3_000);
    for (let at = 0; at < ids.length; at += 500) {
      await stage.append(ids.slice(at, at + 500).map((id) => stage.message(id, { text: 'x'.repeat(500) })));
    }
    const reader = await openNdjson(`${eventsOf(stage)}?since=${since}`);
    const [last = 0] = freshIds(1);
    await stage.append([stage.message(last)]);
    const [, ...events] = await reader.take(ids.length + 2);
    const seqs = events.map(({ s }) => s ?? 0);
    expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
    await reader.close();

    const collected: number[] = [];
    let pages = 0;
    for (let position = since, isUpToDate = false; !isUpToDate; pages += 1) {
      const page = await fetchEvents(`${eventsOf(stage)}?since=${position}`);
      collected.push(...page.events.map(({ s }) => s ?? 0));
      [position, isUpToDate] = [page.position, page.up_to_date];
    }
    expect(collected).toEqual(seqs);
    expect(pages).toBeGreaterThan(2);
  });

  it('a page can wait: for the first event that matches, or until its time is over', async () => {
    const stage = await start();
    const [other = 0, wanted = 0] = freshIds(2);
    const waiting = fetchEvents(`${eventsOf(stage)}?channel_id=88&wait=30`);
    await eventually(() => expect(stage.gateway.connections).toBe(1));
    await stage.append([stage.message(other)]);
    await stage.append([stage.message(wanted, { channelId: '88' })]);
    expect(await waiting).toMatchObject({
      events: [{ op: 0, d: { id: String(wanted) } }],
      position: headOf(stage),
      up_to_date: true,
    });
    const empty = await fetchEvents(`${eventsOf(stage)}?channel_id=88&wait=1`);
    expect(empty).toEqual({ events: [], position: headOf(stage), up_to_date: true });
    await eventually(() => expect(stage.gateway.connections).toBe(0));
  });

  it('I6: a position that does not continue is answered with 410, its reason and where to go on', async () => {
    const stage = await start();
    await stage.append(freshIds(1).map((id) => stage.message(id)));
    for (const format of ['sse', 'ndjson', 'json']) {
      const response = await fetch(`${eventsOf(stage)}?format=${format}&since=1:1`);
      expect(response.status).toBe(410);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(await response.json()).toMatchObject({
        type: '/problems/position-gone',
        reason: 'diverged',
        position: headOf(stage),
        oldest: expect.stringMatching(/^\d+:\d+$/),
      });
    }
  });

  it.each([
    ['?format=xml', {}, 'format'],
    ['?format=json&wait=31', {}, 'wait'],
    ['?format=ndjson&wait=5', {}, 'wait'],
    ['?format=sse', { 'Last-Event-ID': 'seven' }, 'Last-Event-ID'],
    ['?colour=red', {}, 'colour'],
    ['?since=soon', {}, 'since'],
  ])('refuses %s %j, naming the parameter', async (query, headers, parameter) => {
    const response = await fetch(eventsOf(await start()) + query, { headers });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ parameter }] });
  });

  it('answers as it is asked: Accept, a name in the query, 406, 405, HEAD', async () => {
    const stage = await start();
    const url = eventsOf(stage);
    const typeFor = async (accept: string, query = ''): Promise<string | null> => {
      const response = await fetch(url + query, { method: 'HEAD', headers: { Accept: accept } });
      return response.status === 200 ? response.headers.get('vary') : String(response.status);
    };
    expect(await typeFor('text/event-stream')).toMatch(/Accept/);
    expect(await typeFor('image/png')).toBe('406');
    expect(await typeFor('image/png', '?format=sse')).toMatch(/Accept/);
    expect(await statusOf(url, { method: 'POST' })).toBe(405);
    const inBrowser = await fetch(url, { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
    expect(await inBrowser.json()).toMatchObject({ events: [], up_to_date: true });
    // curl and the like, which take anything.
    const reader = await openNdjson(`${url.replace('/events', '/v1/events')}`, { Accept: '*/*' });
    expect(reader.response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    await reader.close();
  });

  it('asks for the key where one is required, and shows no more than the key may see', async () => {
    const key = { name: 'feed', sha256: hashApiKey('k'.repeat(32)), scopes: ['read'] as const, channelIds: ['20'] };
    const stage = await start({ apiKeys: [key], requireApiKey: true });
    expect(await statusOf(eventsOf(stage))).toBe(401);
    const reader = await openNdjson(eventsOf(stage), { Authorization: `Bearer ${'k'.repeat(32)}` });
    const [hidden = 0, seen = 0] = freshIds(2);
    await stage.append([stage.message(hidden), stage.message(seen, { channelId: '20' })]);
    const [, event] = await reader.take(2);
    expect(event).toMatchObject({ d: { id: String(seen) } });
    await reader.close();
  });

  it('I9: takes places like a WebSocket does, and gives them back', async () => {
    const stage = await start({ maxConnectionsPerAddress: 2 });
    const webSocket = await openTestConnection(stage.url);
    const reader = await openSse(eventsOf(stage));
    const refused = await fetch(eventsOf(stage));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    await refused.body?.cancel();
    await reader.close();
    await eventually(async () => expect(await statusOf(`${eventsOf(stage)}?format=json`)).toBe(200));
    await webSocket.close();
  });

  it('sends a browser that comes back at a bad moment away for a while, not for good', async () => {
    const stage = await start({ maxConnections: 1 });
    const webSocket = await openTestConnection(stage.url);
    const headers = { Accept: 'text/event-stream', 'Last-Event-ID': headOf(stage) };
    const later = await fetch(eventsOf(stage), { headers });
    expect([later.status, later.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect(await later.text()).toMatch(/^retry: \d{4}\n: unavailable: This server is full\.\n\n$/);
    expect(await statusOf(eventsOf(stage), { headers: { Accept: 'text/event-stream' } })).toBe(503);
    await webSocket.close();
  });

  it('tells the position at least every 15 s, also where nothing passes the filter', async () => {
    const stage = await start();
    const ndjson = await openNdjson(`${eventsOf(stage)}?channel_id=404`);
    const sse = await openSse(`${eventsOf(stage)}?channel_id=404`);
    const [other = 0] = freshIds(1);
    await stage.append([stage.message(other)]);
    const [, position] = await ndjson.take(2);
    expect(position).toMatchObject({ op: 100, p: headOf(stage) });
    const [, id] = await sse.take(2);
    expect(id).toEqual({ id: headOf(stage), type: null, data: null });
    await Promise.all([ndjson.close(), sse.close()]);
  }, 25_000);

  it('I9: cuts off a reader that takes no byte for 30 s, and only that one', async () => {
    const stage = await start();
    const since = headOf(stage);
    const ids = freshIds(300);
    for (let at = 0; at < ids.length; at += 50) {
      await stage.append(ids.slice(at, at + 50).map((id) => stage.message(id, { text: 'x'.repeat(60_000) })));
    }
    const stalled = get(`${eventsOf(stage)}?format=ndjson&since=${since}`);
    const [response]: IncomingMessage[] = await once(stalled, 'response');
    stalled.on('error', () => {});
    response?.on('error', () => {});
    const idle = await openNdjson(eventsOf(stage));
    expect(stage.gateway.connections).toBe(2);
    await eventually(() => expect(stage.gateway.connections).toBe(1), { timeoutMs: 45_000, intervalMs: 250 });
    const [last = 0] = freshIds(1);
    await stage.append([stage.message(last)]);
    const frames = await idle.take(2);
    expect(frames[0]).toMatchObject({ op: 10 });
    stalled.destroy();
    await idle.close();
  }, 60_000);

  it('drains: pages are answered, SSE ends, NDJSON is asked to move and then told why it ends', async () => {
    const stage = await start();
    const sse = await openSse(eventsOf(stage));
    const ndjson = await openNdjson(eventsOf(stage));
    const page = fetchEvents(`${eventsOf(stage)}?format=json&wait=30`);
    await eventually(() => expect(stage.gateway.connections).toBe(3));
    const stopping = stage.gateway.stop();
    expect(await page).toMatchObject({ events: [], up_to_date: true });
    const [, ...said] = await ndjson.rest();
    expect(said.map(({ op }) => op)).toEqual([7, 103]);
    expect(await sse.rest()).toHaveLength(1);
    await stopping;
  });
});
