import { checkLeaks } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DiscordSimulator } from '../src/index.ts';
import { channelId, createRest, rawGet } from './support/rest.ts';
import { createHarness } from './support/running.ts';

checkLeaks();

interface Listed {
  readonly id: string;
  readonly content: string;
}

describe('message history', () => {
  const { start } = createHarness();

  async function withMessages(count: number) {
    const simulator = await start();
    const ids = Array.from(
      { length: count },
      (_, index) => simulator.createMessage({ channel: 'quay', user: 'ada', text: `m${index}` }).id,
    );
    const list = async (query: string): Promise<string[]> => {
      const response = await rawGet(simulator, `/channels/${channelId(simulator, 'quay')}/messages?${query}`);
      const messages: Listed[] = await response.json();
      return messages.map(({ id }) => id);
    };
    return { simulator, ids, list };
  }

  it('is paged newest first by after, before and around', async () => {
    const { ids, list } = await withMessages(250);
    const newestFirst = [...ids].reverse();
    expect(await list('')).toEqual(newestFirst.slice(0, 50));
    expect(await list('limit=100')).toEqual(newestFirst.slice(0, 100));
    expect(await list(`limit=3&after=${ids[9]}`)).toEqual([ids[12], ids[11], ids[10]]);
    expect(await list('limit=2&after=0')).toEqual([ids[1], ids[0]]);
    expect(await list(`limit=3&before=${ids[9]}`)).toEqual([ids[8], ids[7], ids[6]]);
    expect(await list(`limit=5&around=${ids[100]}`)).toEqual([ids[102], ids[101], ids[100], ids[99], ids[98]]);
    expect(await list(`after=${ids[249]}`)).toEqual([]);
  });

  it('read page by page after the last id yields every message once', async () => {
    const { ids, list } = await withMessages(230);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 100 }), async (limit) => {
        const read: string[] = [];
        for (let last = '0'; ; ) {
          const page = (await list(`limit=${limit}&after=${last}`)).reverse();
          read.push(...page);
          last = page.at(-1) ?? last;
          if (page.length < limit) break;
        }
        expect(read).toEqual(ids);
      }),
      { numRuns: 8 },
    );
  });

  it('leaves deleted messages out and keeps last_message_id', async () => {
    const { simulator, ids, list } = await withMessages(4);
    simulator.deleteMessage(ids[3] ?? '');
    simulator.act({ op: 'bulk_delete', messages: ids.slice(0, 2) });
    expect(await list('')).toEqual([ids[2]]);
    const channel = channelId(simulator, 'quay');
    expect(await (await rawGet(simulator, `/channels/${channel}`)).json()).toMatchObject({ last_message_id: ids[3] });
    expect((await rawGet(simulator, `/channels/${channel}/messages/${ids[3]}`)).status).toBe(404);
  });

  it.each([
    ['limit=0', 'limit', 'NUMBER_TYPE_MIN', 'int value should be greater than or equal to 1.'],
    ['limit=101', 'limit', 'NUMBER_TYPE_MAX', 'int value should be less than or equal to 100.'],
    ['limit=many', 'limit', 'NUMBER_TYPE_COERCE', 'Value "many" is not int.'],
    ['before=yesterday', 'before', 'NUMBER_TYPE_COERCE', 'Value "yesterday" is not snowflake.'],
  ])('refuses %s in Discord’s words', async (query, field, code, message) => {
    const simulator = await start();
    const response = await rawGet(simulator, `/channels/${channelId(simulator, 'quay')}/messages?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      message: 'Invalid Form Body',
      code: 50_035,
      errors: { [field]: { _errors: [{ code, message }] } },
    });
  });

  it('carries no guild_id and no member, unlike the gateway', async () => {
    const { simulator, ids } = await withMessages(1);
    const response = await rawGet(simulator, `/channels/${channelId(simulator, 'quay')}/messages/${ids[0]}`);
    const message: object = await response.json();
    expect(Object.keys(message)).not.toEqual(expect.arrayContaining(['guild_id']));
    expect(Object.keys(message)).not.toEqual(expect.arrayContaining(['member']));
    expect(message).toMatchObject({ id: ids[0], content: 'm0', author: { username: 'ada' } });
  });
});

describe('the other reading routes', () => {
  const { start } = createHarness();

  it.each([
    ['/nothing/here', 404, 0],
    ['/channels/123456789012345678', 404, 10_003],
    ['/guilds/123456789012345678', 404, 10_004],
    ['/users/123456789012345678', 404, 10_013],
  ])('answer %s with %i and code %i', async (path, status, code) => {
    const response = await rawGet(await start(), path);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });

  it('answer 401 without a good token and 404 code 10008 for an unknown message', async () => {
    const simulator = await start();
    const response = await fetch(`${simulator.apiUrl}/v10/users/@me`);
    expect([response.status, await response.json()]).toEqual([401, { message: '401: Unauthorized', code: 0 }]);
    const missing = await rawGet(simulator, `/channels/${channelId(simulator, 'quay')}/messages/123456789012345678`);
    expect([missing.status, await missing.json()]).toEqual([404, { message: 'Unknown Message', code: 10_008 }]);
  });

  it('list guild, channels, roles, members, threads, pins and reactions', async () => {
    const simulator = await start();
    const rest = createRest(simulator);
    const guild = simulator.status().guilds[0]?.id ?? '';
    const quay = channelId(simulator, 'quay');
    const { id, author } = simulator.createMessage({ channel: 'quay', user: 'ada', text: 'hello' });
    for (const user of ['bob', 'cyd']) simulator.act({ op: 'react', message: id, user, emoji: '👍' });
    simulator.act({ op: 'pin', message: id });
    simulator.act({ op: 'thread', message: id, name: 'talk' });

    expect(await rest.get('/gateway/bot')).toMatchObject({ shards: 1, url: `ws://127.0.0.1:${simulator.port}` });
    expect(await rest.get('/applications/@me')).toMatchObject({ id: expect.stringMatching(/^\d{17,19}$/) });
    expect(await rest.get('/users/@me')).toMatchObject({ bot: true });
    expect(await rest.get(`/guilds/${guild}`)).toMatchObject({ name: 'Harbour', roles: expect.any(Array) });
    expect(await rest.get(`/guilds/${guild}/channels`)).toMatchObject([{ name: 'quay', type: 0 }, { name: 'boats' }]);
    expect(await rest.get(`/guilds/${guild}/roles`)).toContainEqual(
      expect.objectContaining({ id: guild, name: '@everyone' }),
    );
    expect(await rest.get(`/guilds/${guild}/members/${author.id}`)).toMatchObject({ user: { username: 'ada' } });
    expect(await rest.get(`/guilds/${guild}/threads/active`)).toMatchObject({ threads: [{ id, name: 'talk' }] });
    expect(await rest.get(`/channels/${quay}/pins`)).toMatchObject([{ id, pinned: true }]);
    expect(await rest.get(`/channels/${quay}/messages/pins`)).toMatchObject({ items: [{ message: { id } }] });
    const emoji = encodeURIComponent('👍');
    const users = await rest.get(`/channels/${quay}/messages/${id}/reactions/${emoji}`);
    expect(users).toHaveLength(2);
    expect(await rest.get(`/channels/${quay}/messages/${id}`)).toMatchObject({
      reactions: [{ emoji: { id: null, name: '👍' }, count: 2, me: false }],
      thread: { id, name: 'talk', message_count: 1 },
    });
  });

  it('list archived threads by archive time, newest first, with has_more', async () => {
    const simulator = await start({ now: tickingClock() });
    const quay = channelId(simulator, 'quay');
    const ids = ['a', 'b', 'c'].map((name) => archivedThread(simulator, name));
    const page = await (await rawGet(simulator, `/channels/${quay}/threads/archived/public?limit=2`)).json();
    expect(page).toMatchObject({ threads: [{ id: ids[2] }, { id: ids[1] }], has_more: true });
    const before = JSON.parse(JSON.stringify(page)).threads[1].thread_metadata.archive_timestamp;
    const query = new URLSearchParams({ before });
    const next = await (await rawGet(simulator, `/channels/${quay}/threads/archived/public?${query}`)).json();
    expect(next).toMatchObject({ threads: [{ id: ids[0] }], has_more: false });
    const hidden = await rawGet(simulator, `/channels/${quay}/threads/archived/private`);
    expect(await hidden.json()).toEqual({ threads: [], members: [], has_more: false });
  });
});

function archivedThread(simulator: DiscordSimulator, name: string): string {
  const { id } = simulator.createMessage({ channel: 'quay', user: 'ada', text: name });
  simulator.act({ op: 'thread', message: id, name });
  simulator.act({ op: 'archive_thread', thread: id });
  return id;
}

/** A clock of its own pace: each look at it is a second later. */
function tickingClock(): () => number {
  let nowMs = Date.UTC(2026, 0, 1);
  return () => {
    nowMs += 1000;
    return nowMs;
  };
}
