import { describe, expect, it } from '@jest/globals';
import { idOf, payloadOf, say, startWith } from './support/start-with.ts';
import { eventsOf } from './support/truth.ts';
import { channelId, GUILDS, useRig } from './support/use-rig.ts';

const rig = useRig();
const { log, expectTruth } = rig;

describe('everything Discord says about a message', () => {
  it('I8: reactions, normal and super, end in the counts of Discord, also when it repeats itself', async () => {
    const { simulator, act, events, message } = await startWith(rig);
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
    const { simulator, act, events, message } = await startWith(rig);
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
    const { simulator, act, events, message } = await startWith(rig);
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

  it('stickers, components, forwards, voice messages, webhooks and system messages are stored and read as text', async () => {
    const { simulator, message } = await startWith(rig);
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
    const { simulator, message, ingester } = await startWith(rig, { guilds: GUILDS });
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
