import type { Action, DiscordSimulator } from '@dms/discord-simulator';
import type { LogEvent } from '@dms/protocol';
import { eventually } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { eventsOf, storedMessages } from './support/truth.ts';
import { channelId, GUILDS, useRig } from './support/use-rig.ts';

const { log, startSimulator, startIngester, expectTruth } = useRig();

const payloadOf = (event: LogEvent | undefined): Record<string, unknown> => JSON.parse(event?.payload ?? 'null');
const say = (simulator: DiscordSimulator, text: string): string =>
  simulator.createMessage({ channel: 'general', user: 'ada', text }).id;
const idOf = (result: ReturnType<DiscordSimulator['act']>): string => {
  if (result.kind === 'none') throw new Error('made nothing');
  return result.kind === 'message' ? result.message.id : result.channel.id;
};

async function start(
  options: Parameters<typeof startSimulator>[0] = {},
  overrides: Parameters<typeof startIngester>[1] = {},
) {
  const simulator = await startSimulator(options);
  const ingester = startIngester(simulator, overrides);
  await ingester.connected();
  const act = (...actions: readonly Action[]): void => {
    for (const action of actions) simulator.act(action);
  };
  /** The log's events of these types, once there are `count`. */
  const events = async (count: number, ...types: readonly string[]): Promise<readonly LogEvent[]> =>
    await eventually(async () => {
      const found = (await eventsOf(log(), simulator)).filter(({ type }) => types.includes(type));
      expect(found).toHaveLength(count);
      return found;
    });
  const message = async (id: string): Promise<Record<string, unknown>> =>
    JSON.parse((await log().message(id))?.payload ?? 'null');
  return { simulator, act, events, message, ...ingester };
}

describe('everything Discord says about a message', () => {
  it('I8: reactions, normal and super, end in the counts of Discord, also when it repeats itself', async () => {
    const { simulator, act, events, message } = await start();
    const id = say(simulator, 'react to me');
    simulator.faults.add({ kind: 'duplicate', times: 100 });
    const [ada, bob] = ['ada', 'bob'].map((user) => ({ message: id, user, emoji: '👍' }));
    if (ada === undefined || bob === undefined) return;
    act(
      { op: 'react', ...ada },
      { op: 'react', ...bob },
      { op: 'react', ...bob, burst: true },
      { op: 'unreact', ...ada },
    );
    act({ op: 'react', ...bob, emoji: 'wave:1200000000000000077' }, { op: 'react', ...ada, emoji: '🎉' });
    act({ op: 'clear_reactions', message: id, emoji: '🎉' });
    await expectTruth(simulator);
    const [first] = await events(5, 'MESSAGE_REACTION_ADD');
    expect(first).toMatchObject({ messageId: id, authorId: payloadOf(first).message_author_id });
    expect(payloadOf(first)).toMatchObject({
      emoji: { id: null, name: '👍' },
      display: { user_name: 'ada' },
      origin: 'live',
    });
    expect(payloadOf(first).member).toBeUndefined();
    await events(1, 'MESSAGE_REACTION_REMOVE');
    await events(1, 'MESSAGE_REACTION_REMOVE_EMOJI');
    expect((await message(id)).reactions).toMatchObject([
      { emoji: { name: '👍' }, count: 2, count_details: { burst: 1, normal: 1 } },
      { emoji: { name: 'wave', id: '1200000000000000077' }, count: 1 },
    ]);
    act({ op: 'clear_reactions', message: id });
    await events(1, 'MESSAGE_REACTION_REMOVE_ALL');
    expect((await message(id)).reactions).toBeUndefined();
    // A refresh, an edit and a pin say nothing about reactions.
    act({ op: 'react', ...ada }, { op: 'edit', message: id, text: 'edited' }, { op: 'pin', message: id });
    await expectTruth(simulator);
  });

  it('poll votes, and the final tally with the message that tells of it', async () => {
    const { simulator, act, events, message } = await start();
    const poll = { op: 'poll', channel: channelId(simulator, 'general'), user: 'ada', question: 'tea?' } as const;
    const id = idOf(simulator.act({ ...poll, answers: ['yes', 'no'] }));
    act({ op: 'vote', message: id, user: 'ada', answer: 1 }, { op: 'vote', message: id, user: 'bob', answer: 2 });
    act({ op: 'unvote', message: id, user: 'bob', answer: 2 }, { op: 'vote', message: id, user: 'bob', answer: 1 });
    await expectTruth(simulator);
    const votes = await events(4, 'MESSAGE_POLL_VOTE_ADD', 'MESSAGE_POLL_VOTE_REMOVE');
    expect(payloadOf(votes[0])).toMatchObject({ message_id: id, answer_id: 1, display: { user_name: 'ada' } });
    expect(await message(id)).toMatchObject({ display: { text: 'tea?' }, poll: { results: { is_finalized: false } } });
    act({ op: 'close_poll', message: id });
    await expectTruth(simulator);
    const [closed] = await events(1, 'MESSAGE_UPDATE');
    expect(payloadOf(closed)).toMatchObject({ id, revision: 0, poll: { results: { is_finalized: true } } });
    const [, result] = await events(2, 'MESSAGE_CREATE');
    expect(payloadOf(result)).toMatchObject({
      type: 46,
      display: { text: 'ada’s poll “tea?” has closed. yes won (2 of 2 votes).' },
    });
  });

  it('edits keep what was said before; an unfurl, a pin and a started thread are refreshes', async () => {
    const { simulator, act, events, message } = await start();
    const id = say(simulator, 'one');
    act({ op: 'edit', message: id, text: 'two' }, { op: 'refresh', message: id, embeds: [{ title: 'unfurled' }] });
    act(
      { op: 'pin', message: id },
      { op: 'thread', message: id, name: 'aside' },
      { op: 'edit', message: id, text: 'three' },
    );
    await expectTruth(simulator);
    expect((await events(5, 'MESSAGE_UPDATE')).map((event) => payloadOf(event).revision)).toEqual([1, 1, 1, 1, 2]);
    const revisions = (await log().revisions(id)).map((payload) => JSON.parse(payload));
    expect(revisions).toMatchObject([{ content: 'one' }, { content: 'two', embeds: [{ title: 'unfurled' }] }]);
    const [pins] = await events(1, 'CHANNEL_PINS_UPDATE');
    expect(payloadOf(pins).last_pin_timestamp).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    act({ op: 'delete', message: id });
    await events(1, 'MESSAGE_DELETE');
    expect([await log().revisions(id), (await message(id)).content]).toEqual([[], undefined]);
    for (const event of (await eventsOf(log(), simulator)).filter(({ messageId }) => messageId === id)) {
      expect(event.payload).not.toMatch(/one|two|three|unfurled/);
    }
  });

  it('channels, threads, forum posts and guilds come and change as events', async () => {
    const { simulator, act, events, message } = await start();
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
    const { simulator, act, events } = await start();
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
    const { simulator, act, ingester } = await start();
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

  it('an outage of a guild is no leave; a leave takes everything once its grace ends', async () => {
    const { simulator, act, events } = await start({}, { leftGuildGraceMs: 0 });
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

  it('stickers, components, forwards, voice messages, webhooks and system messages are stored and read as text', async () => {
    const { simulator, message } = await start();
    const [channel, user] = [channelId(simulator, 'general'), 'ada'];
    const components = [{ type: 17, components: [{ type: 10, content: 'Hello **there**' }] }];
    const made = (parts: object, text = ''): string =>
      idOf(simulator.act({ op: 'message', channel, user, text, ...parts }));
    const voice = { durationSecs: 4.5, waveform: 'AAAA' };
    const file = { filename: 'v.ogg', size: 9, contentType: 'audio/ogg', width: null, height: null, description: null };
    const ids = {
      sticker: made({ stickers: [{ id: '1200000000000000055', name: 'wave', format_type: 1 }] }),
      components: made({ components }),
      voice: made({ attachments: [{ ...file, voice }] }),
      webhook: made({ webhook: true, user: 'Deploy Bot' }, 'deployed'),
      joined: made({ type: 7 }),
      boosted: made({ type: 9 }, '3'),
      reply: made({ replyTo: say(simulator, 'original') }, 'indeed'),
    };
    const forward = idOf(simulator.act({ op: 'forward', message: ids.components, channel, user: 'bob' }));
    await expectTruth(simulator);
    expect(await message(ids.sticker)).toMatchObject({ sticker_items: [{ name: 'wave' }], display: { text: '' } });
    expect(await message(ids.components)).toMatchObject({ components, display: { text: 'Hello **there**' } });
    expect(await message(ids.voice)).toMatchObject({
      attachments: [{ duration_secs: 4.5, waveform: 'AAAA', url: expect.stringMatching(/[?&]ex=/) }],
      display: { links_expire_at: expect.stringMatching(/^\d{4}-.*Z$/) },
    });
    expect(await message(ids.webhook)).toMatchObject({ display: { author_name: 'Deploy Bot', author_color: null } });
    expect(await message(ids.joined)).toMatchObject({ display: { text: 'ada joined the server.' } });
    expect(await message(ids.boosted)).toMatchObject({
      display: { text: 'ada just boosted the server 3 times! The Guild has achieved Level 1!' },
    });
    expect(await message(ids.reply)).toMatchObject({ referenced_message: { content: 'original' } });
    expect(await message(forward)).toMatchObject({
      message_snapshots: [{ message: { components } }],
      display: { text: 'Hello **there**', author_name: 'bob' },
    });
  });

  it('shows members by nickname, guild avatar and role colour, also in messages fetched later, which lack the member', async () => {
    const { simulator, message, ingester } = await start({ guilds: GUILDS });
    const guild = simulator.status().guilds[0]?.id ?? '';
    simulator.act({ op: 'member', guild, user: 'ada', nick: 'Countess', avatar: 'cafe' });
    const id = say(simulator, 'seen live');
    await expectTruth(simulator);
    const shown = { author_name: 'Countess', author_avatar_url: expect.stringMatching(/\/guilds\/.*\/cafe\.png$/) };
    expect(await message(id)).toMatchObject({ display: shown });
    const before = simulator.sessions().identifies;
    simulator.faults.add({ kind: 'expire_session' });
    const missed = say(simulator, 'missed');
    await expectTruth(simulator);
    expect(simulator.sessions().identifies).toBeGreaterThan(before);
    expect(await message(missed)).toMatchObject({ display: shown });
    expect(ingester.isLeading).toBe(true);
  }, 30_000);
});
