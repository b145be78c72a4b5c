import { eventually } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { idOf, payloadOf, say, startWith } from './support/start-with.ts';
import { eventsOf, storedMessages } from './support/truth.ts';
import { channelId, useRig } from './support/use-rig.ts';

const rig = useRig();
const { log, startIngester, expectTruth } = rig;

describe('channels, threads and guilds', () => {
  it('channels, threads, forum posts and guilds come and change as events', async () => {
    const { simulator, act, events, message } = await startWith(rig);
    const guild = simulator.status().guilds[0]?.id ?? '';
    const channel = idOf(simulator.act({ op: 'create_channel', guild, name: 'brand-new' }));
    act({ op: 'rename_channel', channel, name: 'renamed' }, { op: 'rename_guild', guild, name: 'Another Name' });
    const id = say(simulator, 'with a thread');
    const thread = idOf(simulator.act({ op: 'thread', message: id, name: 'aside' }));
    act({ op: 'archive_thread', thread }, { op: 'color_role', guild, role: 'Helper', color: 0x123456 });
    const names = async (type: string, count = 1) =>
      (await events(count, type)).map((event) => [event.channelId, event.parentId, payloadOf(event).name]);
    expect(await names('CHANNEL_CREATE')).toEqual([[channel, null, 'brand-new']]);
    expect(await names('CHANNEL_UPDATE')).toEqual([[channel, null, 'renamed']]);
    expect(await names('GUILD_UPDATE', 2)).toEqual([
      [null, null, 'Another Name'],
      [null, null, 'Another Name'],
    ]);
    expect(await names('THREAD_CREATE')).toEqual([[thread, channelId(simulator, 'general'), 'aside']]);
    const forum = idOf(simulator.act({ op: 'create_channel', guild, name: 'ideas', type: 15 }));
    const post = idOf(simulator.act({ op: 'post', channel: forum, user: 'bob', name: 'An idea', text: 'Free tea' }));
    const [, created] = await events(2, 'THREAD_CREATE');
    expect([created?.channelId, created?.parentId, payloadOf(created).name]).toEqual([post, forum, 'An idea']);
    await expectTruth(simulator);
    // The first message of a forum post has the id of the post.
    expect(await message(post)).toMatchObject({
      content: 'Free tea',
      display: { channel_name: 'An idea', parent_id: forum },
    });
    const [archived] = await events(1, 'THREAD_UPDATE');
    expect(payloadOf(archived)).toMatchObject({ thread_metadata: { archived: true }, origin: 'live' });
  });

  it('a deleted channel takes its threads and every message with it, which Discord does not say', async () => {
    const { simulator, act, events } = await startWith(rig);
    const general = channelId(simulator, 'general');
    const id = say(simulator, 'with a thread');
    const thread = idOf(simulator.act({ op: 'thread', message: id, name: 'aside' }));
    act({ op: 'message', channel: thread, user: 'bob', text: 'inside' });
    const other = simulator.createMessage({ channel: 'random', user: 'bob', text: 'elsewhere' }).id;
    await expectTruth(simulator);
    act({ op: 'delete_channel', channel: general });
    await expectTruth(simulator);
    const deletes = await events(3, 'MESSAGE_DELETE');
    expect(deletes.map((event) => [payloadOf(event).bulk_id, payloadOf(event).origin])).toEqual([
      [general, 'reconcile'],
      [thread, 'reconcile'],
      [thread, 'reconcile'],
    ]);
    const gone = await events(2, 'CHANNEL_DELETE', 'THREAD_DELETE');
    expect(gone.map((event) => [event.type, event.channelId, payloadOf(event).origin])).toEqual([
      ['CHANNEL_DELETE', general, 'live'],
      ['THREAD_DELETE', thread, 'reconcile'],
    ]);
    const alive = (await storedMessages(log(), simulator)).filter(({ isDeleted }) => !isDeleted);
    expect(alive.map((message) => message.id)).toEqual([other]);
  });

  it('what a deleted thread leaves behind is deleted by the next ingester if this one dies', async () => {
    const { simulator, act, ingester } = await startWith(rig);
    const thread = idOf(simulator.act({ op: 'thread', message: say(simulator, 'x'), name: 'aside' }));
    act({ op: 'message', channel: thread, user: 'bob', text: 'inside' });
    await expectTruth(simulator);
    await ingester.stop();
    // As if it had died between the commit of the delete and the sweep.
    const writer = await log().acquire('dying');
    const gone = {
      id: thread,
      guildId: simulator.status().guilds[0]?.id ?? '',
      parentId: null,
      type: 11,
      name: 'aside',
    };
    const deleted = {
      ...gone,
      baselineMessageId: null,
      hash: '',
      payload: '{"id":"1"}',
      isDeleted: true,
      isNews: true,
    };
    await writer?.append([{ kind: 'channel', ...deleted, origin: 'live', observedAt: log().stamp() }]);
    await writer?.release();
    act({ op: 'delete_thread', thread });
    await startIngester(simulator).connected();
    await expectTruth(simulator);
  });

  it('channels and threads deleted while nobody listened are missed, asked for, and deleted', async () => {
    const { simulator, act, ingester } = await startWith(rig);
    const [random, general] = [channelId(simulator, 'random'), channelId(simulator, 'general')];
    const thread = idOf(simulator.act({ op: 'thread', message: say(simulator, 'x'), name: 'aside' }));
    act({ op: 'message', channel: thread, user: 'bob', text: 'inside' });
    act({ op: 'message', channel: random, user: 'bob', text: 'elsewhere' });
    await expectTruth(simulator);
    await ingester.stop();
    simulator.faults.add({ kind: 'expire_session' });
    act({ op: 'delete_thread', thread }, { op: 'delete_channel', channel: random });
    // Not seen any more, and there all the same.
    simulator.faults.add({ kind: 'hide_channel', channel: 'general' });
    await startIngester(simulator).connected();
    await expectTruth(simulator);
    const deletes = (await eventsOf(log(), simulator)).filter(({ type }) => /^(CHANNEL|THREAD)_DELETE$/.test(type));
    expect(deletes.map((event) => [event.channelId, payloadOf(event).origin]).sort()).toEqual(
      [random, thread].map((id) => [id, 'reconcile']).sort(),
    );
    expect(await log().channel(general)).not.toBeNull();
  }, 30_000);

  it('an outage of a guild is no leave; a leave takes everything once its grace ends', async () => {
    const { simulator, act, events } = await startWith(rig, {}, { leftGuildGraceMs: 0 });
    const guild = simulator.status().guilds[0]?.id ?? '';
    say(simulator, 'stays');
    await expectTruth(simulator);
    const outage = simulator.faults.add({ kind: 'guild_outage', guild });
    simulator.faults.clear(outage.id);
    say(simulator, 'after the outage');
    await expectTruth(simulator);
    const types = (await eventsOf(log(), simulator)).map(({ type }) => type).filter((type) => !type.startsWith('GAP_'));
    expect(types).toEqual(['MESSAGE_CREATE', 'MESSAGE_CREATE']);
    const ids = (await storedMessages(log(), simulator)).map(({ id }) => id);
    const guildEvents = async () => (await log().read(1, 1_000)).filter(({ guildId }) => guildId === guild);
    act({ op: 'leave_guild', guild });
    await eventually(async () => {
      const deleted = (await guildEvents()).filter(({ type }) => type === 'MESSAGE_DELETE');
      expect(deleted.map(({ messageId }) => messageId).sort()).toEqual(ids);
    });
    expect((await guildEvents()).filter(({ type }) => type === 'GUILD_DELETE').map(payloadOf)).toEqual([
      { id: guild, origin: 'live' },
    ]);
    expect(await log().guild(guild)).toBeNull();
    await events(0, 'GUILD_UPDATE');
  });

  it('a guild that was left while nobody listened counts as left from the next READY on, and its gap ends', async () => {
    const guilds = [
      { name: 'Stays', channels: ['general'], members: ['ada'] },
      { name: 'Goes', channels: ['aside'], members: ['ada'] },
    ];
    const { simulator, ingester } = await startWith(rig, { guilds });
    const guild = simulator.status().guilds[1]?.id ?? '';
    say(simulator, 'stays');
    simulator.createMessage({ channel: 'aside', user: 'ada', text: 'goes' });
    await expectTruth(simulator);
    await ingester.stop();
    const writer = await log().acquire('before');
    const gap = { kind: 'gap', guildId: guild, reason: 'session_lost', sinceMs: null, state: 'open' } as const;
    const stamp = log().stamp();
    await writer?.append([{ ...gap, id: String(stamp), observedAt: stamp, unrecoverable: [] }]);
    await writer?.release();
    simulator.act({ op: 'leave_guild', guild });
    simulator.faults.add({ kind: 'expire_session' });

    await startIngester(simulator).connected();
    const left = async (): Promise<readonly string[]> =>
      (await log().read(1, 1_000)).filter(({ guildId }) => guildId === guild).map(({ type }) => type);
    await eventually(async () => expect(await left()).toEqual(expect.arrayContaining(['GAP_CLOSE', 'GUILD_DELETE'])));
    expect(await log().guild(guild)).toBeNull();
    expect((await log().openGaps()).filter(({ guildId }) => guildId === guild)).toEqual([]);
  });

  it('a guild that was left and joined again while nobody listened keeps everything', async () => {
    const { simulator, ingester } = await startWith(rig);
    const guild = simulator.status().guilds[0]?.id ?? '';
    say(simulator, 'stays');
    await expectTruth(simulator);
    await ingester.stop();
    const writer = await log().acquire('before');
    await writer?.append([{ kind: 'guild-left', id: guild, origin: 'live', observedAt: log().stamp() }]);
    await writer?.release();
    expect(await log().leftGuilds(0)).toContain(guild);
    simulator.faults.add({ kind: 'expire_session' });
    await startIngester(simulator, { leftGuildGraceMs: 0 }).connected();
    await eventually(async () => expect(await log().leftGuilds(0)).not.toContain(guild));
    await expectTruth(simulator);
    const types = (await eventsOf(log(), simulator)).map(({ type }) => type);
    expect(types.filter((type) => /^(MESSAGE|CHANNEL)_DELETE$/.test(type))).toEqual([]);
  });
});
