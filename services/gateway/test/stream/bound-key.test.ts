import { hashApiKey } from '@dms/runtime';
import { openTestConnection } from '@dms/test-kit';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { channelChange, GUILD_ID, guildChange, messageChange } from '../http/real-log.ts';
import { freshIds, type Stage, useStage } from './gateway-fixture.ts';

const start = useStage();
const BOUND = {
  name: 'bound',
  sha256: hashApiKey('bound-key'),
  scopes: ['read', 'stats', 'admin'],
  channelIds: ['9020'],
} as const;
const headers = { 'X-API-Key': 'bound-key' };
const HIDDEN = 'canary-hidden';
const SHOWN = 'canary-shown';

/** Channel 9010 and its thread 9011 are hidden; 9020 and its thread 9021 are not. */
const places = [
  { channelId: '9010', parentId: null, content: HIDDEN },
  { channelId: '9011', parentId: '9010', content: HIDDEN },
  { channelId: '9020', parentId: null, content: SHOWN },
  { channelId: '9021', parentId: '9020', content: SHOWN },
] as const;

describe('a key with channels sees these and their threads, and of the others', () => {
  let stage: Stage;
  let hiddenId = 0;
  let shownId = 0;

  beforeEach(async () => {
    stage = await start({ apiKeys: [BOUND], requireApiKey: true });
    const ids = freshIds(places.length);
    hiddenId = ids[0] ?? 0;
    shownId = ids[2] ?? 0;
    await stage.append([
      guildChange(GUILD_ID),
      channelChange('9010', GUILD_ID),
      channelChange('9011', GUILD_ID, 11, '9010'),
      channelChange('9020', GUILD_ID),
      channelChange('9021', GUILD_ID, 11, '9020'),
      ...places.map((place, index) => messageChange(stage.log, { ...place, id: String(ids[index]) })),
    ]);
  });

  async function ask(path: string, accept = '*/*') {
    const response = await fetch(`http://127.0.0.1:${stage.gateway.port}${path}`, {
      headers: { ...headers, Accept: accept },
    });
    return { status: response.status, text: await response.text() };
  }

  const QUERIES = [
    '',
    '?channel_id=9010',
    '?channel_id=9011',
    '?channel_id=9010,9020',
    '?author_id=500',
    `?guild_id=${GUILD_ID}`,
  ];

  it.each([
    ...QUERIES.map((query) => `/messages${query}`),
    ...QUERIES.flatMap((query) =>
      ['ndjson', 'csv', 'json'].map((format) => `/export${query === '' ? '?' : `${query}&`}format=${format}`),
    ),
    ...QUERIES.map((query) => `/events${query === '' ? '?' : `${query}&`}since=all&format=json`),
    '/messages?limit=100&include_deleted=true',
    '/channels',
    '/guilds',
    '/coverage',
  ])('nothing at %s', async (path) => {
    const { status, text } = await ask(path);
    expect(status).toBe(200);
    expect(text).not.toContain(HIDDEN);
    expect(text).not.toMatch(/"(channel_id|id|parent_id)":"901[01]"|channel-901[01]/);
    if (/^\/(messages|export|events)\?(author|guild)_id/.test(path)) expect(text).toContain(SHOWN);
  });

  it('nothing by id: a hidden message, its channel, its thread and their messages do not exist', async () => {
    const paths = [
      `/messages/${hiddenId}`,
      '/channels/9010',
      '/channels/9011',
      '/channels/9010/messages',
      '/channels/9011/messages',
    ];
    for (const path of paths) expect([path, (await ask(path)).status]).toEqual([path, 404]);
    expect((await ask(`/messages/${shownId}`)).status).toBe(200);
    expect((await ask('/channels/9021/messages')).text).toContain(SHOWN);
    // Where a hidden message lies in time is no secret, what it says is.
    for (const place of ['before', 'after', 'around']) {
      expect((await ask(`/messages?${place}=${hiddenId}`)).text).not.toContain(HIDDEN);
    }
  });

  it('nothing on a socket, whatever its filter is replaced with', async () => {
    const { position } = await openTestConnection(stage.url, { headers });
    const client = await openTestConnection(stage.url, { headers, since: 'all' });
    const events = await client.waitForEvents(2);
    for (const channels of [['9010'], ['9011', '9021'], ['9010', '9020']]) {
      client.send({ op: 101, d: { channel_id: channels } });
      await client.waitFor(({ op }) => op === 102);
    }
    const [hidden = 0, shown = 0] = freshIds(2);
    await stage.append([
      messageChange(stage.log, { id: String(hidden), channelId: '9010', content: HIDDEN }),
      messageChange(stage.log, { id: String(shown), channelId: '9020', content: SHOWN }),
    ]);
    await client.waitForEvents(events.length + 1);
    expect(JSON.stringify(client.frames.map(({ json }) => json))).not.toContain(HIDDEN);
    expect(position).toMatch(/^\d+:\d+$/);
    await client.close();
  });

  it.each(['text/event-stream', 'application/x-ndjson'])('nothing as %s', async (accept) => {
    const response = await fetch(`http://127.0.0.1:${stage.gateway.port}/events?since=all`, {
      headers: { ...headers, Accept: accept },
    });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes(`"id":"${shownId}"`)) break;
    }
    expect(text).toContain(SHOWN);
    expect(text).not.toContain(HIDDEN);
  });

  it('no number at /stats, and nothing to administer, whatever its scopes: both concern all channels', async () => {
    for (const path of ['/stats', '/admin/opt-outs']) expect([path, (await ask(path)).status]).toEqual([path, 403]);
  });
});
