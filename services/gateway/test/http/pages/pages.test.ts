import { openPageCache, type PageCache } from '@dms/broker';
import type { MessageQuery, MessageStore } from '@dms/event-log';
import { eventually } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { createMessagePages } from '../../../src/http/pages/message-pages.ts';
import { createScopeClock } from '../../../src/http/pages/scope-clock.ts';
import { freshIds, type Stage, useStage } from '../../stream/gateway-fixture.ts';

const openStage = useStage();

interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly body: string;
}

/** Asks the running gateway as a client would. */
async function get({ gateway }: Stage, path: string, etag: string | null = null): Promise<Answer> {
  const headers: Record<string, string> = etag === null ? {} : { 'If-None-Match': etag };
  const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, { headers });
  return { status: response.status, etag: response.headers.get('etag'), body: await response.text() };
}

const caughtUp = (stage: Stage): Promise<void> =>
  eventually(async () => {
    const { seq } = await stage.log.writerState();
    expect(stage.gateway.feed.last.seq).toBe(seq);
  });

/** Counts the pages that are read from the database. */
function countReads(stage: Stage, cache: PageCache = openPageCache('memory:')) {
  let reads = 0;
  const log: Pick<MessageStore, 'messagesText'> = {
    messagesText(query) {
      reads += 1;
      return stage.log.messagesText(query);
    },
  };
  const pages = createMessagePages({ log, clock: createScopeClock(stage.gateway.feed), cache });
  const query: MessageQuery = {
    ...{ guildIds: [], channelIds: ['2'], withThreads: true, authorIds: [], withinChannels: null },
    ...{ cursor: { kind: 'newest' }, limit: 50, includeDeleted: false, search: null },
  };
  const newest = async (channelId = '2', ifNoneMatch?: string) => {
    const answer = await pages.read({ ...query, channelIds: [channelId] }, ifNoneMatch);
    return answer.kind === 'page' ? { ...answer.page, text: answer.page.body.toString() } : answer;
  };
  return { pages, query, newest, reads: () => reads };
}

describe('ETag and 304', () => {
  it('says 304 while nothing happened in the scope, and 200 once something did', async () => {
    const stage = await openStage();
    const [first = 0, second = 0, elsewhere = 0, old = 0] = freshIds(4);
    await stage.append([stage.message(first), stage.message(old, { channelId: '7' })]);
    await caughtUp(stage);
    for (const path of ['/messages?channel_id=2', '/v1/channels/2/messages?limit=3', `/messages?channel_id=2&q=text`]) {
      const page = await get(stage, path);
      expect([page.status, page.etag]).toEqual([200, expect.stringMatching(/^W\/"/)]);
      expect(await get(stage, path, page.etag)).toEqual({ status: 304, etag: page.etag, body: '' });
    }
    const page = await get(stage, '/messages?channel_id=2');
    await stage.append([stage.message(elsewhere, { channelId: '7' })]);
    await caughtUp(stage);
    expect((await get(stage, '/messages?channel_id=2', page.etag)).status).toBe(304);
    expect((await get(stage, '/messages', page.etag)).status).toBe(200);
    await stage.append([stage.message(second)]);
    await caughtUp(stage);
    const after = await get(stage, '/messages?channel_id=2', page.etag);
    expect([after.status, after.body.includes(`"${second}"`)]).toEqual([200, true]);
  });

  it('edits, deletes and what happens in a thread change the page of its channel', async () => {
    const stage = await openStage();
    const [first = 0, inThread = 0] = freshIds(2);
    const thread = { ...stage.message(inThread, { channelId: '11' }), parentId: '2' };
    await stage.append([stage.message(first, { text: 'secret words' })]);
    await caughtUp(stage);
    const changes = [
      stage.message(first, { text: 'other words', editedAtMs: 5 }),
      thread,
      stage.remove(inThread, '11'),
      stage.remove(first),
    ];
    for (const change of changes) {
      const before = await get(stage, '/messages?channel_id=2');
      expect((await get(stage, '/messages?channel_id=2', before.etag)).status).toBe(304);
      await stage.append([change]);
      await caughtUp(stage);
      expect((await get(stage, '/messages?channel_id=2', before.etag)).status).toBe(200);
    }
    expect((await get(stage, '/messages?channel_id=2')).body).not.toMatch(/secret|other words/);
  });

  it.each(['*', '"x"', 'W/"999:999.x"', 'W/"1:1.AAAAAAAAAAAAAAAAAAAAAA"', ''])('never believes %s', async (tag) => {
    const stage = await openStage();
    await caughtUp(stage);
    expect((await get(stage, '/messages', tag)).status).toBe(200);
  });
});

describe('the newest page', () => {
  it('is read once as long as nothing happens in its scope, and never repeated after a delete', async () => {
    const stage = await openStage();
    const [first = 0, second = 0] = freshIds(2);
    await stage.append([stage.message(first, { text: 'secret words' }), stage.message(second)]);
    await caughtUp(stage);
    const { newest, reads } = countReads(stage);
    const answers = await Promise.all(Array.from({ length: 20 }, () => newest()));
    expect(new Set(answers.map((answer) => ('text' in answer ? answer.text : ''))).size).toBe(1);
    await newest();
    expect(reads()).toBe(1);
    await stage.append([stage.remove(first)]);
    await caughtUp(stage);
    expect(JSON.stringify(await newest())).not.toContain('secret');
    expect(reads()).toBe(2);
  });

  it('is shared by replicas under the position of the last change, so that a delete makes it unreachable', async () => {
    const stage = await openStage();
    const [first = 0, second = 0] = freshIds(2);
    await stage.append([stage.message(first, { text: 'secret words' }), stage.message(second)]);
    await caughtUp(stage);
    const cache = openPageCache('memory:');
    const [one, other] = [countReads(stage, cache), countReads(stage, cache)];
    const page = await one.newest();
    expect(await other.newest()).toEqual(page);
    expect([one.reads(), other.reads()]).toEqual([1, 0]);
    await stage.append([stage.remove(first)]);
    await caughtUp(stage);
    expect(JSON.stringify(await other.newest())).not.toContain('secret');
    expect(other.reads()).toBe(1);
  });

  it('is not kept when the database is ahead of what this replica has read of the log', async () => {
    const stage = await openStage();
    const [first = 0] = freshIds(1);
    await caughtUp(stage);
    const { newest, reads } = countReads(stage);
    await stage.append([stage.message(first)], { isPublished: false });
    await newest();
    await caughtUp(stage);
    expect(JSON.stringify(await newest())).toContain(`\\"${first}\\"`);
    expect(reads()).toBeGreaterThanOrEqual(1);
  });

  it('holds no garbage of others for a page', async () => {
    const stage = await openStage();
    await caughtUp(stage);
    const garbage: PageCache = { get: async () => 'x\ny', set: () => {}, close: async () => {} };
    const { newest, reads } = countReads(stage, garbage);
    expect(await newest()).toMatchObject({ text: expect.stringContaining('"messages":[') });
    expect(reads()).toBe(1);
  });
});
