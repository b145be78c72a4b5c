import { startTestServer } from '@dms/client/testing';
import { openTestConnection, type TestConnection } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { freshIds, useStage } from './gateway-fixture.ts';

const start = useStage();
const EDITED_AT_MS = 1_800_000_000_000;

/** A server with the same history: three messages, of which one was edited and one deleted, the second in another channel. */
interface Staged {
  readonly http: string;
  readonly ws: string;
  /** Of the three messages. */
  readonly ids: readonly string[];
  readonly channelIds: readonly string[];
  /** Before and after all of it. */
  readonly before: string;
  readonly after: string;
  readonly stop: () => Promise<void>;
}

async function stageGateway(): Promise<Staged> {
  const { gateway, url, append, message, remove } = await start();
  const [one = 0, two = 0, three = 0] = freshIds(3);
  const positionNow = () => `${gateway.feed.last.term}:${gateway.feed.last.seq}`;
  const probe = await openTestConnection(url);
  const before = probe.position;
  await append([message(one), message(two, { channelId: '20' }), message(three)]);
  await append([message(one, { text: 'edited', editedAtMs: EDITED_AT_MS })]);
  await append([remove(three)]);
  await probe.waitForEvents(5);
  await probe.close();
  const http = `http://127.0.0.1:${gateway.port}`;
  return {
    ...{ http, ws: url, before, after: positionNow(), ids: [one, two, three].map(String), channelIds: ['2', '20'] },
    stop: async () => {},
  };
}

async function stageTestServer(): Promise<Staged> {
  const server = await startTestServer();
  server.emit('GUILD_UPDATE', { id: '1' });
  const before = server.position;
  const one = server.message({ channel: 'general' });
  const two = server.message({ channel: 'random' });
  const three = server.message({ channel: 'general' });
  server.edit(one.id, 'edited');
  server.delete(three.id);
  return {
    http: server.url,
    ws: server.url.replace('http', 'ws').concat('/ws'),
    ids: [one.id, two.id, three.id],
    channelIds: [one.channel_id, two.channel_id],
    ...{ before, after: server.position, stop: server.close },
  };
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
const keysOf = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null ? Object.keys(value).sort() : [];

/** What a client can learn of it, in words in which ids, terms and times are the same for both. */
async function interview({ http, ws, ids, channelIds, before, after, stop }: Staged) {
  const [term = '', seq = ''] = before.split(':');
  const known: TestConnection[] = [];
  const open = async (query: { since?: string; filter?: Record<string, string> }): Promise<TestConnection> => {
    const connection = await openTestConnection(ws, query);
    known.push(connection);
    return connection;
  };
  const follow = async (count: number, query: { since?: string; filter?: Record<string, string> }) => {
    const connection = await open(query);
    const events = await connection.waitForEvents(count);
    return events.map(({ t, s, d }) => ({
      ...{ t, s: s - Number(seq), message: ids.indexOf(String(d.id)), purged: d.purged === true },
      isDeleted: typeof d.deleted_at === 'string',
    }));
  };
  const helloTo = async (since: string) => {
    const { resumed, reason } = (await open({ since })).hello;
    return { resumed, reason };
  };
  const talk = async (frame: object) => {
    const connection = await open({ since: after });
    const count = connection.frames.length;
    connection.send(frame);
    const { json } = await connection.waitFor((_frame) => connection.frames.length > count);
    const last = connection.frames.at(-1)?.json ?? json;
    const error = field(field(last, 'd'), 'code');
    const code = error === undefined ? null : (await connection.closed).code;
    return { keys: keysOf(last), data: error === undefined ? keysOf(field(last, 'd')) : [], error, code };
  };
  const ask = async (path: string) => {
    const response = await fetch(http + path, { headers: { Connection: 'close' } });
    const body: unknown = await response.json();
    const messages = field(body, 'messages');
    return {
      status: response.status,
      keys: response.ok ? keysOf(body) : [],
      messages: Array.isArray(messages) ? messages.map((message) => ids.indexOf(String(field(message, 'id')))) : null,
      hasMore: field(body, 'has_more'),
      isHere: field(body, 'position') === undefined ? null : field(body, 'position') === after,
    };
  };
  const [one, two, three] = ids;
  const answers = {
    events: await follow(5, { since: before }),
    ofChannel: await follow(1, { since: before, filter: { channel_id: channelIds[1] ?? '' } }),
    ofTypes: await follow(1, { since: before, filter: { types: 'MESSAGE_DELETE' } }),
    hello: keysOf(field((await open({})).frames[0]?.json, 'd')),
    resumed: await helloTo(after),
    ahead: await helloTo(`${term}:${Number(seq) + 1_000}`),
    ofAnother: await helloTo(`${Number(term) + 1}:${Number(seq) + 1}`),
    latest: await helloTo('latest'),
    heartbeat: await talk({ op: 1 }),
    subscribe: await talk({ op: 101, d: { types: ['MESSAGE_DELETE'] } }),
    badFilter: await talk({ op: 101, d: { color: 'red' } }),
    unknownOp: await talk({ op: 55 }),
    noOp: await talk({ hello: 'there' }),
    page: await ask(`/messages?after=${BigInt(one ?? '0') - 1n}`),
    first: await ask(`/messages?after=${BigInt(one ?? '0') - 1n}&limit=1`),
    older: await ask(`/v1/messages?before=${two}&limit=1`),
    inChannel: await ask(`/messages?channel_id=${channelIds[1]}&limit=1`),
    deleted: await ask(`/messages/${three}`),
    unknown: await ask('/messages/77777777777777'),
    wrong: await ask('/messages?channel_id=general'),
    nothing: await ask('/nowhere'),
  };
  for (const connection of known) connection.drop();
  await stop();
  return answers;
}

describe('the test server of the SDK', () => {
  it('says what a gateway says: events, HELLO, resets, ops, refusals, pages', async () => {
    const real = await interview(await stageGateway());
    const fake = await interview(await stageTestServer());
    expect(real.events.map(({ t }) => t).at(-1)).toBe('MESSAGE_DELETE');
    expect(fake).toEqual(real);
  });
});
