import type { Change } from '@dms/event-log';
import { snowflakeAtMs } from '@dms/protocol';
import { hashApiKey } from '@dms/runtime';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Express } from 'express';
import request from 'supertest';
import { createTestApp } from './fixture.ts';
import { expectProblem } from './problem-matchers.ts';
import {
  channelChange,
  deleteChange,
  GUILD_ID,
  guildChange,
  messageChange,
  openRealLog,
  type RealLog,
} from './real-log.ts';

const START_MS = Date.parse('2026-11-01T00:00:00.000Z');
const MINUTE_MS = 60_000;
/** One message a minute; every third in channel 20, every fourth in thread 11 of channel 10, else in channel 10. */
const IDS = Array.from({ length: 60 }, (_, minute) => snowflakeAtMs(START_MS + minute * MINUTE_MS));
const DELETED = IDS.slice(30, 33);
const KEPT = IDS.filter((id) => !DELETED.includes(id));
const STRANGE = 'a "quote", a \\ backslash, \u2028, </script>, 𝄞 and \r\n lines';

let real: RealLog;
let app: Express;

function changeOf(id: string, index: number): Change {
  const authorId = index % 2 === 0 ? '500' : '501';
  const content = index === 0 ? STRANGE : `text ${index}`;
  if (index % 3 === 0) return messageChange(real.log, { id, channelId: '20', authorId, content });
  if (index % 4 === 0) return messageChange(real.log, { id, channelId: '11', parentId: '10', authorId, content });
  return messageChange(real.log, { id, channelId: '10', authorId, content });
}

const channelOf = (id: string): string => {
  const index = IDS.indexOf(id);
  if (index % 3 === 0) return '20';
  return index % 4 === 0 ? '11' : '10';
};

beforeAll(async () => {
  real = await openRealLog();
  await real.writer.append([
    guildChange(GUILD_ID),
    guildChange('901'),
    channelChange('10', GUILD_ID, 0, '4'),
    channelChange('11', GUILD_ID, 11, '10'),
    channelChange('20', GUILD_ID),
    channelChange('4', GUILD_ID, 4),
    channelChange('30', '901'),
    ...IDS.map(changeOf),
  ]);
  await real.writer.append(DELETED.map((id) => deleteChange(real.log, id, channelOf(id))));
  const apiKeys = ['4', '10', '30', '999'].map((channel) => ({
    name: `only-${channel}`,
    sha256: hashApiKey(`key-${channel}`),
    scopes: ['read'] as const,
    channelIds: [channel],
  }));
  app = createTestApp({ log: real.log, access: { apiKeys } });
});

afterAll(() => real.stop());

interface Page {
  readonly messages: readonly { readonly id: string; readonly content: string; readonly channel_id: string }[];
  readonly has_more: boolean;
  readonly position: string;
}

async function page(query: string, key?: string): Promise<Page> {
  const asked = request(app).get(`/messages?${query}`);
  const response = await (key === undefined ? asked : asked.set('X-API-Key', key));
  expect(response.status).toBe(200);
  return response.body;
}

const idsOf = ({ messages }: Page): readonly string[] => messages.map(({ id }) => id);
const newestFirst = (ids: readonly string[]): readonly string[] => [...ids].reverse();

/** Follows pages in one direction to the end. */
async function walk(kind: 'before' | 'after', start: string, more: string): Promise<readonly string[]> {
  const found: string[] = [];
  let cursor = start;
  for (;;) {
    const body = await page(`${kind}=${cursor}&${more}`);
    const ids = idsOf(body);
    found.push(...(kind === 'before' ? ids : newestFirst(ids)));
    const next = kind === 'before' ? ids.at(-1) : ids[0];
    if (!body.has_more || next === undefined) return found;
    cursor = next;
  }
}

describe('/messages', () => {
  it('answers the newest 50, newest first, with the position where the stream goes on', async () => {
    const body = await page('');
    expect(idsOf(body)).toEqual(newestFirst(KEPT).slice(0, 50));
    const { term, seq } = await real.log.writerState();
    expect([body.has_more, body.position]).toEqual([true, `${term}:${seq}`]);
  });

  it('serves the stored text as it is, as JSON of the right length', async () => {
    const response = await request(app).get(`/messages?before=${IDS[1]}`);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(Number(response.headers['content-length'])).toBe(Buffer.byteLength(response.text));
    expect(response.headers['cache-control']).toBe('private, no-cache');
    expect(response.body.messages[0].content).toBe(STRANGE);
  });

  it.each([1, 2, 7, 57, 100])('pages of %d meet without a hole or a repeat, in both directions', async (limit) => {
    expect(await walk('before', '9223372036854775807', `limit=${limit}`)).toEqual(newestFirst(KEPT));
    expect(await walk('after', '0', `limit=${limit}`)).toEqual(KEPT);
  });

  it('links the pages beside it: next is older, prev is newer, the filters stay', async () => {
    const seen: string[] = [];
    let lastPage: readonly string[] = [];
    let path: string | undefined = '/v1/messages?channel_id=10&limit=20';
    let last = '';
    while (path !== undefined) {
      const response = await request(app).get(path);
      lastPage = idsOf(response.body);
      seen.push(...lastPage);
      last = response.headers.link ?? '';
      path = /<([^>]+)>; rel="next"/.exec(last)?.[1];
      expect(path ?? '/v1/messages?channel_id=10').toMatch(/^\/v1\/messages\?channel_id=10/);
    }
    expect(seen).toEqual(newestFirst(KEPT.filter((id) => ['10', '11'].includes(channelOf(id)))));
    const newer = /<([^>]+)>; rel="prev"/.exec(last)?.[1] ?? '';
    expect(idsOf((await request(app).get(newer)).body).at(-1)).toBe(seen.at(-lastPage.length - 1));
    expect((await request(app).get('/messages?limit=100')).headers.link).toBeUndefined();
  });

  it('before and after the same id leave out only that id; around has it in the middle', async () => {
    const middle = IDS[20] ?? '';
    const older = idsOf(await page(`before=${middle}&limit=100`));
    const newer = idsOf(await page(`after=${middle}&limit=100`));
    expect([...newer, middle, ...older]).toEqual(newestFirst(KEPT));
    expect(idsOf(await page(`around=${middle}&limit=5`))).toEqual(newestFirst(IDS.slice(18, 23)));
  });

  it('before and after the same time leave out nothing', async () => {
    for (const time of ['2026-11-01T00:20:00.000Z', '2026-11-01T00:20:30Z', '2026-11-01T01:20:00%2B01:00']) {
      const older = idsOf(await page(`before=${time}&limit=100`));
      const newer = idsOf(await page(`after=${time}&limit=100`));
      expect([...newer, ...older]).toEqual(newestFirst(KEPT));
    }
  });

  it('has no more at either end', async () => {
    expect(await page('before=0')).toMatchObject({ messages: [], has_more: false });
    expect(await page('after=9223372036854775807')).toMatchObject({ messages: [], has_more: false });
    expect(await page('before=1999-01-01')).toMatchObject({ messages: [], has_more: false });
    expect(await page('after=9999-12-31T23:59:59Z')).toMatchObject({ messages: [], has_more: false });
  });

  it('combines filters, and a channel brings its threads', async () => {
    const inTen = (id: string): boolean => channelOf(id) !== '20';
    expect(idsOf(await page('channel_id=10&limit=100'))).toEqual(newestFirst(KEPT.filter(inTen)));
    expect(idsOf(await page('channel_id=11&limit=100'))).toEqual(
      newestFirst(KEPT.filter((id) => channelOf(id) === '11')),
    );
    expect(idsOf(await page('channel_id=10,20&limit=100'))).toEqual(newestFirst(KEPT));
    const bySecond = KEPT.filter((id) => inTen(id) && IDS.indexOf(id) % 2 === 1);
    expect(idsOf(await page(`guild_id=${GUILD_ID}&channel_id=10&author_id=501&limit=100`))).toEqual(
      newestFirst(bySecond),
    );
    expect(idsOf(await page('guild_id=1'))).toEqual([]);
  });

  it('shows deleted messages only when asked, without their words', async () => {
    const { messages } = await page('include_deleted=true&limit=100');
    expect(messages.map(({ id }) => id)).toEqual(newestFirst(IDS));
    const deleted = messages.filter(({ id }) => DELETED.includes(id));
    expect(deleted.map((message) => 'content' in message)).toEqual([false, false, false]);
  });

  it('is the same under /v1', async () => {
    const [plain, versioned] = [
      await request(app).get('/messages?limit=3'),
      await request(app).get('/v1/messages?limit=3'),
    ];
    expect(versioned.text).toBe(plain.text);
  });
});

describe('single messages and channel pages', () => {
  it('answers 200, 404 and 410', async () => {
    const response = await request(app).get(`/v1/messages/${IDS[1]}`);
    expect([response.status, response.body.id]).toEqual([200, IDS[1]]);
    expectProblem(await request(app).get('/messages/123'), 404);
    expectProblem(await request(app).get('/messages/9223372036854775807'), 404);
    expectProblem(await request(app).get(`/messages/${DELETED[0]}`), 410);
  });

  it('answers a channel’s page as a bare array, as Discord does', async () => {
    const response = await request(app).get('/channels/20/messages?limit=2');
    const expected = newestFirst(KEPT.filter((id) => channelOf(id) === '20')).slice(0, 2);
    expect(response.body.map(({ id }: { id: string }) => id)).toEqual(expected);
    expect((await request(app).get('/channels/30/messages')).body).toEqual([]);
    expectProblem(await request(app).get('/channels/12345/messages'), 404);
    expectProblem(await request(app).get('/channels/20/messages?channel_id=10'), 400);
  });
});

describe('a key bound to a channel', () => {
  it('sees that channel and its threads, whatever it asks for', async () => {
    const visible = newestFirst(KEPT.filter((id) => channelOf(id) !== '20'));
    expect(idsOf(await page('limit=100', 'key-10'))).toEqual(visible);
    expect(idsOf(await page('limit=100&channel_id=10,20', 'key-10'))).toEqual(visible);
    expect(idsOf(await page('channel_id=20', 'key-10'))).toEqual([]);
    expect(idsOf(await page('include_deleted=true', 'key-999'))).toEqual([]);
  });

  it('is told of anything else that it does not exist', async () => {
    const outside = KEPT.find((id) => channelOf(id) === '20');
    const deletedOutside = DELETED.find((id) => channelOf(id) === '20');
    const inThread = KEPT.find((id) => channelOf(id) === '11');
    const get = (path: string) => request(app).get(path).set('Authorization', 'Bearer key-10');
    expectProblem(await get(`/messages/${outside}`), 404);
    expectProblem(await get(`/messages/${deletedOutside}`), 404);
    expect((await get(`/messages/${inThread}`)).status).toBe(200);
    expectProblem(await get('/channels/20'), 404);
    expectProblem(await get('/channels/20/messages'), 404);
    expectProblem(await get('/guilds/901'), 404);
    expect((await get('/channels/11')).status).toBe(200);
    expect((await get('/channels/10/messages?limit=1')).body).toHaveLength(1);
  });

  it.each([
    ['key-10', ['10', '11'], [GUILD_ID]],
    ['key-4', ['4'], [GUILD_ID]],
    ['key-30', ['30'], ['901']],
    ['key-999', [], []],
    [null, ['4', '10', '11', '20', '30'], [GUILD_ID, '901']],
  ])('%s finds the channels %j and guilds %j in the directory', async (key, channels, guilds) => {
    const get = (path: string) =>
      key === null ? request(app).get(path) : request(app).get(path).set('X-API-Key', key);
    const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);
    expect(ids((await get('/channels')).body.channels)).toEqual(channels);
    expect(ids((await get('/v1/guilds')).body.guilds)).toEqual(guilds);
  });

  it('serves single entries of the directory as stored', async () => {
    expect((await request(app).get('/guilds/901')).body).toEqual({ id: '901', name: 'guild 901' });
    expect((await request(app).get('/channels/11')).body).toMatchObject({ id: '11', parent_id: '10', type: 11 });
    expectProblem(await request(app).get('/guilds/1'), 404);
    expectProblem(await request(app).get('/channels/1'), 404);
  });
});
