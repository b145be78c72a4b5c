import { checkLeaks, eventually } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import type { DiscordSimulator } from '../src/index.ts';
import { identify, openRawSocket } from './support/raw-socket.ts';
import { connectReader, type Reader, TOKEN } from './support/reader.ts';
import { channelId, rawGet } from './support/rest.ts';
import { createHarness } from './support/running.ts';

checkLeaks();

const say = (simulator: DiscordSimulator, text: string, channel = 'quay') =>
  simulator.createMessage({ channel, user: 'ada', text });
const textsOf = (reader: Reader) => reader.of('MESSAGE_CREATE').map(({ d }) => d.content);
const fired = (simulator: DiscordSimulator) => simulator.faults.list().map(({ kind, fired: count }) => [kind, count]);

describe('a delivery fault', () => {
  const { start, closing } = createHarness();

  it('delivers twice, with a sequence of its own', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    simulator.faults.add({ kind: 'duplicate', types: ['MESSAGE_UPDATE'] });
    const { id } = say(simulator, 'one');
    simulator.editMessage(id, 'two');
    say(simulator, 'three');
    await reader.until(() => textsOf(reader).length === 2);
    expect(reader.dispatches.slice(2).map(({ t, s }) => [t, s])).toEqual([
      ['MESSAGE_CREATE', 3],
      ['MESSAGE_UPDATE', 4],
      ['MESSAGE_UPDATE', 5],
      ['MESSAGE_CREATE', 6],
    ]);
    expect(fired(simulator)).toEqual([['duplicate', 1]]);
    expect(simulator.truth().total).toBe(3);
  });

  it('delivers out of order: the delete before its create', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    simulator.faults.add({ kind: 'reorder', types: ['MESSAGE_CREATE'] });
    const { id } = say(simulator, 'late');
    simulator.deleteMessage(id);
    await reader.until(() => reader.dispatches.length === 4);
    expect(reader.dispatches.slice(2).map(({ t, s }) => [t, s])).toEqual([
      ['MESSAGE_DELETE', 3],
      ['MESSAGE_CREATE', 4],
    ]);
    expect(fired(simulator)).toEqual([['reorder', 1]]);
  });

  it('delivers a held back dispatch even when none follows', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    simulator.faults.add({ kind: 'reorder', distance: 5 });
    say(simulator, 'alone');
    await reader.until(() => textsOf(reader).length === 1);
  });

  it('delays, and keeps the order of what follows', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    simulator.faults.add({ kind: 'delay', ms: 120 });
    const startMs = performance.now();
    for (const text of ['delayed', 'behind it', 'and behind that']) say(simulator, text);
    await reader.until(() => textsOf(reader).length === 3);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(115);
    expect(textsOf(reader)).toEqual(['delayed', 'behind it', 'and behind that']);
    expect(fired(simulator)).toEqual([['delay', 1]]);
  });

  it('loses, and the truth says so', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    simulator.faults.add({ kind: 'lose' });
    for (const text of ['lost', 'kept']) say(simulator, text);
    await reader.until(() => textsOf(reader).length === 1);
    expect(textsOf(reader)).toEqual(['kept']);
    expect(simulator.truth().dispatches.map(({ withheld }) => withheld)).toEqual(['lost', undefined]);
  });

  it('is not spent while nobody could receive anything', async () => {
    const simulator = await start();
    simulator.faults.add({ kind: 'lose' });
    say(simulator, 'to nobody');
    expect(fired(simulator)).toEqual([['lose', 0]]);
  });

  it('fires as often as asked, until cleared with 0', async () => {
    const simulator = await start();
    closing(await connectReader(simulator));
    simulator.faults.add({ kind: 'duplicate', times: 2 });
    for (const text of ['a', 'b', 'c']) say(simulator, text);
    expect(simulator.faults.list()).toMatchObject([{ fired: 2, armed: false }]);
    const { id } = simulator.faults.add({ kind: 'duplicate', times: 0 });
    for (const text of ['d', 'e', 'f']) say(simulator, text);
    expect(simulator.faults.clear(id)).toBe(true);
    say(simulator, 'g');
    expect(simulator.faults.list()).toMatchObject([{ fired: 2 }, { fired: 3, armed: false }]);
    expect(simulator.faults.clear('no such id')).toBe(false);
  });
});

describe('a session fault', () => {
  const { start, closing } = createHarness();

  it('leaves heartbeats unanswered, so that discord.js resumes', async () => {
    const simulator = await start({ heartbeatIntervalMs: 80 });
    const reader = closing(await connectReader(simulator));
    simulator.faults.add({ kind: 'no_ack' });
    await reader.until(() => reader.of('RESUMED').length === 1);
    expect(fired(simulator)).toEqual([['no_ack', 1]]);
    expect(simulator.sessions().connections[0]).toMatchObject({ closed_by: 'client', close_code: 4200 });
  });

  it('refuses RESUME with op 9 or a close code', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    simulator.faults.add({ kind: 'refuse_resume', code: 4000 });
    simulator.faults.add({ kind: 'refuse_resume' });
    simulator.faults.add({ kind: 'drop' });
    await reader.until(() => reader.of('READY').length === 2);
    expect(fired(simulator)).toEqual([
      ['refuse_resume', 1],
      ['refuse_resume', 1],
      ['drop', 1],
    ]);
    expect(simulator.sessions()).toMatchObject({ identifies: 2, resumes: 2 });
  });

  it('ignores RESUME while heartbeats go on', async () => {
    const simulator = await start();
    const first = closing(openRawSocket(simulator));
    first.send(identify());
    const { d } = await first.frame(({ t }) => t === 'READY');
    const { session_id } = JSON.parse(JSON.stringify(d));
    simulator.faults.add({ kind: 'ignore_resume' });
    const second = closing(openRawSocket(simulator));
    second.send({ op: 6, d: { token: TOKEN, session_id, seq: 2 } });
    second.send({ op: 1, d: 2 });
    await second.frame(({ op }) => op === 11);
    expect(second.frames.map(({ op }) => op)).toEqual([10, 11]);
    expect(fired(simulator)).toEqual([['ignore_resume', 1]]);
  });

  it('refuses IDENTIFY', async () => {
    const simulator = await start();
    simulator.faults.add({ kind: 'refuse_identify' });
    const socket = closing(openRawSocket(simulator));
    socket.send(identify());
    expect(await socket.frame(({ op }) => op === 9)).toMatchObject({ d: false });
    expect(fired(simulator)).toEqual([['refuse_identify', 1]]);
  });

  it('waits for so many further dispatches', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    simulator.faults.add({ kind: 'drop', code: 4000, after: 2 });
    for (const text of ['a', 'b', 'c']) say(simulator, text);
    expect(fired(simulator)).toEqual([['drop', 1]]);
    await reader.until(() => reader.of('RESUMED').length === 1);
    expect(simulator.sessions().connections[0]?.sent_dispatches).toBe(4);
    expect(textsOf(reader)).toEqual(['a', 'b', 'c']);
  });
});

describe('a lasting fault', () => {
  const { start, closing } = createHarness();

  it('hides a channel on both doors until it is cleared', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    const path = `/channels/${channelId(simulator, 'quay')}/messages`;
    const { id } = simulator.faults.add({ kind: 'hide_channel', channel: 'quay' });
    say(simulator, 'unseen');
    say(simulator, 'elsewhere', 'boats');
    const refused = await rawGet(simulator, path);
    expect([refused.status, await refused.json()]).toEqual([403, { message: 'Missing Access', code: 50_001 }]);
    simulator.faults.clear(id);
    say(simulator, 'seen again');
    await reader.until(() => textsOf(reader).length === 2);
    expect(textsOf(reader)).toEqual(['elsewhere', 'seen again']);
    expect(reader.of('CHANNEL_UPDATE').map(({ d }) => d.permission_overwrites)).toMatchObject([[{ deny: '1024' }], []]);
    expect(await (await rawGet(simulator, path)).json()).toMatchObject([
      { content: 'seen again' },
      { content: 'unseen' },
    ]);
    expect(fired(simulator)).toEqual([['hide_channel', 3]]);
    expect(simulator.truth().dispatches[1]).toMatchObject({ withheld: 'channel hidden' });
  });

  it('strips contents on both doors', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    simulator.faults.add({ kind: 'strip_content' });
    const { id, channel_id } = say(simulator, 'secret');
    await reader.until(() => textsOf(reader).length === 1);
    expect(textsOf(reader)).toEqual(['']);
    expect(await (await rawGet(simulator, `/channels/${channel_id}/messages/${id}`)).json()).toMatchObject({
      content: '',
    });
    expect(fired(simulator)).toEqual([['strip_content', 2]]);
    simulator.faults.clear();
    say(simulator, 'open');
    await reader.until(() => textsOf(reader).length === 2);
    expect(textsOf(reader)).toEqual(['', 'open']);
  });

  it('is a guild outage that ends by itself', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    simulator.faults.add({ kind: 'guild_outage', ms: 50 });
    say(simulator, 'in the dark');
    await reader.until(() => reader.of('GUILD_CREATE').length === 2);
    expect(reader.of('GUILD_DELETE')[0]?.d).toEqual({ id: simulator.status().guilds[0]?.id, unavailable: true });
    expect(textsOf(reader)).toEqual([]);
    expect(fired(simulator)).toEqual([['guild_outage', 2]]);
  });
});

describe('a REST fault', () => {
  const { start } = createHarness();

  it.each([401, 403, 500, 502, 503])('answers %i on the paths it is for', async (status) => {
    const simulator = await start();
    simulator.faults.add({ kind: 'rest', status, path: '/users/', times: 2 });
    expect((await rawGet(simulator, '/gateway/bot')).status).toBe(200);
    for (const expected of [status, status, 200]) {
      expect((await rawGet(simulator, '/users/@me')).status).toBe(expected);
    }
    expect(fired(simulator)).toEqual([['rest', 2]]);
  });

  it('is a global 429', async () => {
    const simulator = await start();
    simulator.faults.add({ kind: 'rest', status: 429, retry_after: 2.5, global: true });
    const response = await rawGet(simulator, '/users/@me');
    expect(response.headers.get('x-ratelimit-global')).toBe('true');
    expect(await response.json()).toEqual({ message: 'You are being rate limited.', retry_after: 2.5, global: true });
  });

  it('is slow, and does not keep the simulator from closing', async () => {
    const simulator = await start();
    simulator.faults.add({ kind: 'rest_delay', ms: 80 });
    const startMs = performance.now();
    expect((await rawGet(simulator, '/users/@me')).status).toBe(200);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(75);
    simulator.faults.add({ kind: 'rest_delay', ms: 3_600_000 });
    const hanging = rawGet(simulator, '/users/@me').then(
      () => 'answered',
      () => 'cut',
    );
    await eventually(() => expect(fired(simulator).at(-1)).toEqual(['rest_delay', 1]));
    await simulator.close();
    expect(await hanging).toBe('cut');
  });
});
