import type { Change } from '@dms/event-log';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createDirectory } from '../src/directory.ts';
import { messageChanges } from '../src/message-change.ts';
import { sanitiseObject } from '../src/sanitise.ts';
import { AUTHOR, CHANNEL, GUILD, MESSAGE, rawMessage } from './support/raw-message.ts';

const USER = '1300000000000000009';
const directory = createDirectory();
directory.learn('MESSAGE_CREATE', rawMessage({ member: { nick: 'Countess' } }), {
  origin: 'live',
  stamp: () => 0,
  isNews: true,
});

function changesOf(type: string, fields: object): readonly Change[] {
  const data = sanitiseObject({ message_id: MESSAGE, channel_id: CHANNEL, guild_id: GUILD, ...fields }) ?? {};
  const watched = { guildIds: new Set<string>(), channelIds: new Set<string>() };
  return messageChanges(type, data, { directory, watched, hasMessageContent: true, origin: 'live', stamp: () => 7 });
}

/** As Discord dispatches it: https://discord.com/developers/docs/events/gateway-events#message-reaction-add */
const added = {
  user_id: USER,
  type: 0,
  message_author_id: AUTHOR,
  member: { nick: null, roles: ['5'], user: { id: USER, username: 'bob', global_name: 'Bob' } },
  emoji: { id: null, name: '🔥' },
  burst: false,
  future: { kept: true },
};

describe('a reaction', () => {
  it('becomes a change with Discord’s object, without the member but with the name', () => {
    const [change, ...more] = changesOf('MESSAGE_REACTION_ADD', added);
    expect(more).toEqual([]);
    expect(change).toMatchObject({
      ...{ kind: 'mark', id: MESSAGE, guildId: GUILD, channelId: CHANNEL, userId: USER, isAdded: true, observedAt: 7 },
      mark: { kind: 'reaction', emoji: { id: null, name: '🔥' }, isBurst: false },
    });
    const { member, ...kept } = added;
    expect(change?.kind === 'mark' && JSON.parse(change.payload)).toEqual({
      ...{ ...kept, message_id: MESSAGE, channel_id: CHANNEL, guild_id: GUILD, display: { user_name: 'Bob' } },
    });
  });

  it.each([
    ['a super reaction', 'MESSAGE_REACTION_ADD', { burst: true, burst_colors: ['#fff'] }, { isBurst: true }],
    ['a super reaction by its type alone', 'MESSAGE_REACTION_ADD', { burst: undefined, type: 1 }, { isBurst: true }],
    [
      'a custom emoji',
      'MESSAGE_REACTION_REMOVE',
      { emoji: { id: '5', name: 'a', animated: true } },
      { kind: 'reaction' },
    ],
    [
      'a custom emoji that was deleted',
      'MESSAGE_REACTION_ADD',
      { emoji: { id: '5', name: null } },
      { emoji: { id: '5', name: null } },
    ],
    ['one emoji cleared', 'MESSAGE_REACTION_REMOVE_EMOJI', { user_id: undefined }, { kind: 'emoji' }],
    ['all cleared', 'MESSAGE_REACTION_REMOVE_ALL', { user_id: undefined, emoji: undefined }, { kind: 'all-reactions' }],
    ['a vote', 'MESSAGE_POLL_VOTE_ADD', { answer_id: 2 }, { kind: 'answer', id: 2 }],
    ['a vote taken back', 'MESSAGE_POLL_VOTE_REMOVE', { answer_id: 2 }, { kind: 'answer', id: 2 }],
  ])('%s is told apart', (_what, type, fields, mark) => {
    expect(changesOf(type, { ...added, ...fields })).toMatchObject([{ mark, isAdded: type.endsWith('_ADD') }]);
  });

  it.each([
    ['MESSAGE_REACTION_ADD', { emoji: { id: null, name: null } }],
    ['MESSAGE_REACTION_ADD', { emoji: undefined }],
    ['MESSAGE_REACTION_ADD', { user_id: undefined }],
    ['MESSAGE_REACTION_ADD', { message_id: 'x' }],
    ['MESSAGE_POLL_VOTE_ADD', { answer_id: 'x' }],
    ['MESSAGE_POLL_VOTE_ADD', { answer_id: 0 }],
  ])('%s with %j is nobody’s', (type, fields) => {
    expect(changesOf(type, { ...added, ...fields })).toEqual([]);
  });

  it('names a voter as last seen, whom Discord does not describe', () => {
    const nameOf = (user_id: string): unknown => {
      const [change] = changesOf('MESSAGE_POLL_VOTE_ADD', { user_id, answer_id: 1 });
      return change?.kind === 'mark' && JSON.parse(change.payload).display;
    };
    expect([nameOf(AUTHOR), nameOf(USER)]).toEqual([{ user_name: 'Countess' }, { user_name: null }]);
  });

  it('never throws, whatever arrives', () => {
    const types = ['MESSAGE_REACTION_ADD', 'MESSAGE_REACTION_REMOVE_EMOJI', 'MESSAGE_POLL_VOTE_REMOVE'];
    const keys = ['user_id', 'emoji', 'burst', 'burst_colors', 'answer_id', 'member', 'type'];
    const data = fc.record(Object.fromEntries(keys.map((key) => [key, fc.jsonValue({ maxDepth: 3 })])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(fc.constantFrom(...types), data, (type, fields) => void changesOf(type, { ...added, ...fields })),
    );
  });
});

describe('what people put on a message', () => {
  const changeOf = (fields: object, origin: 'live' | 'backfill' = 'live') => {
    const watched = { guildIds: new Set<string>(), channelIds: new Set<string>() };
    const context = { directory, watched, hasMessageContent: true, origin, stamp: () => 7 };
    const [change] = messageChanges('MESSAGE_CREATE', rawMessage(fields), context);
    return change?.kind === 'message' ? change : null;
  };
  const reactions = [
    {
      ...{ emoji: { id: null, name: '👍' }, count: 3, count_details: { burst: 1, normal: 2 }, burst_colors: ['#fff'] },
      ...{ me: true, me_burst: false, burst_count: 1, burst_me: false },
    },
    { emoji: { id: '5', name: 'old' }, count: 2 },
    { emoji: { id: null, name: '🕳️' }, count: 0 },
  ];
  const poll = {
    question: { text: 'tea?' },
    answers: [{ answer_id: 1, poll_media: { text: 'yes' } }],
    expiry: '2026-11-23T10:00:00.123456+00:00',
    allow_multiselect: false,
    layout_type: 1,
  };

  it('is kept apart from the payload, counted, without what concerns only the bot', () => {
    const change = changeOf({
      reactions,
      poll: { ...poll, results: { is_finalized: false, answer_counts: [{ id: 1, count: 4, me_voted: true }] } },
    });
    expect(change?.tally).toEqual({
      reactions: [
        { emoji: { id: null, name: '👍' }, count: 3, count_details: { burst: 1, normal: 2 }, burst_colors: ['#fff'] },
        { emoji: { id: '5', name: 'old' }, count: 2, count_details: { burst: 0, normal: 2 }, burst_colors: [] },
      ],
      poll: {
        ...{ ...poll, expiry: '2026-11-23T10:00:00.123Z' },
        results: { is_finalized: false, answer_counts: [{ id: 1, count: 4 }] },
      },
    });
    const payload = JSON.parse(change?.payload ?? '');
    expect([payload.reactions, payload.poll]).toEqual([undefined, undefined]);
  });

  it('does not change what the message is', () => {
    expect(changeOf({ reactions })?.hash).toBe(changeOf({})?.hash);
    const results = { is_finalized: true, answer_counts: [{ id: 1, count: 4 }] };
    expect(changeOf({ poll: { ...poll, results } })?.hash).toBe(changeOf({ poll })?.hash);
    expect(changeOf({ poll })?.hash).not.toBe(changeOf({})?.hash);
  });

  it('counts as current only when Discord was asked', () => {
    expect([changeOf({ reactions })?.isTallyFresh, changeOf({ reactions }, 'backfill')?.isTallyFresh]).toEqual([
      false,
      true,
    ]);
    expect(changeOf({})?.tally).toBeNull();
  });
});
