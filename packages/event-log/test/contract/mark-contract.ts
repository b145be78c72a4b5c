import { describe, expect, it } from '@jest/globals';
import type { Change, Tally } from '../../src/index.ts';
import { deletion, marking, message, NEWEST_PAGE, thumbGone, thumbUp } from '../support/changes.ts';
import type { TestLog } from '../support/use-event-log.ts';

const poll = (counts: Readonly<Record<number, number>> = {}, is_finalized = false) => ({
  question: { text: 'tea?' },
  answers: [{ answer_id: 1 }, { answer_id: 2 }],
  results: { is_finalized, answer_counts: Object.entries(counts).map(([id, count]) => ({ id: Number(id), count })) },
});
const withPoll = (counts?: Readonly<Record<number, number>>, isFinal = false): Tally => ({
  reactions: [],
  poll: poll(counts, isFinal),
});
const reacted = (count: number): Tally => ({
  reactions: [{ emoji: { id: null, name: '👍' }, count, count_details: { burst: 0, normal: count }, burst_colors: [] }],
  poll: null,
});
const vote = (id: string, userId: string, answer: number, isAdded = true): Change =>
  marking(id, { kind: 'answer', id: answer }, { userId, isAdded });

export function describeMarks(current: () => TestLog): void {
  const stored = async (id: string): Promise<Record<string, unknown>> =>
    JSON.parse((await current().log.message(id))?.payload ?? 'null');
  const counts = async (id: string): Promise<unknown> => {
    const { reactions } = await stored(id);
    return Array.isArray(reactions) ? reactions.map(({ emoji, count }) => [emoji.name, count]) : reactions;
  };
  const typesOf = (events: readonly { readonly type: string }[]) => events.map(({ type }) => type);

  describe('reactions', () => {
    it('count on the stored message, and each that changed something is an event of the message’s author', async () => {
      const { log, becomeWriter } = current();
      const writer = await becomeWriter();
      await writer.append([message('1', 'x')]);
      const heart = {
        kind: 'reaction',
        emoji: { id: '77', name: 'heart' },
        isBurst: true,
        burstColors: ['#f00'],
      } as const;
      const { events } = await writer.append([
        thumbUp('1', '500'),
        thumbUp('1', '501'),
        marking('1', heart, { userId: '500' }),
      ]);

      expect(events.map(({ type, authorId, messageId, channelId }) => [type, authorId, messageId, channelId])).toEqual(
        events.map(() => ['MESSAGE_REACTION_ADD', '900', '1', '10']),
      );
      expect(JSON.parse(events[0]?.payload ?? '')).toEqual({ message_id: '1', user_id: '500', origin: 'live' });
      expect((await stored('1')).reactions).toEqual([
        { emoji: { id: null, name: '👍' }, count: 2, count_details: { burst: 0, normal: 2 }, burst_colors: [] },
        {
          ...{ emoji: { id: '77', name: 'heart' }, count: 1, count_details: { burst: 1, normal: 0 } },
          burst_colors: ['#f00'],
        },
      ]);
      expect(await stored('1')).toMatchObject({ content: 'x', revision: 0 });
      const page = await log.messages(NEWEST_PAGE);
      expect(JSON.parse(page.messages[0]?.payload ?? '')).toEqual(await stored('1'));
    });

    it('I8: what Discord repeats counts once, also in another batch, by another writer and with fresh stamps', async () => {
      const { becomeWriter, expireLease } = current();
      const writer = await becomeWriter();
      const batch = [message('1', 'x'), thumbUp('1', '500'), thumbUp('1', '501'), thumbGone('1', '500')];
      await writer.append(batch);
      const repeated = [thumbUp('1', '501'), thumbGone('1', '500')];
      const again = await writer.append([...batch, ...repeated]);
      await expireLease();
      const taken = await (await becomeWriter()).append([...batch, ...repeated, thumbGone('1', '502')]);

      expect([again.events, typesOf(taken.events)]).toEqual([[], ['MESSAGE_REACTION_REMOVE']]);
      expect(await counts('1')).toBeUndefined();
    });

    it('of somebody who was counted before we listened can be taken back, once', async () => {
      const { becomeWriter } = current();
      const writer = await becomeWriter();
      await writer.append([message('1', 'x', { tally: reacted(3) })]);
      const first = await writer.append([thumbGone('1', '500'), thumbGone('1', '500')]);
      const second = await writer.append([thumbGone('1', '500')]);

      expect([first.events.length, second.events.length]).toEqual([1, 0]);
      expect(await counts('1')).toEqual([['👍', 2]]);
    });

    it('go one by one, by emoji, and all at once', async () => {
      const { becomeWriter, sql } = current();
      const writer = await becomeWriter();
      const wave = { kind: 'reaction', emoji: { id: null, name: '👋' }, isBurst: false, burstColors: [] } as const;
      await writer.append([
        message('1', 'x'),
        thumbUp('1', '500'),
        marking('1', wave),
        marking('1', wave, { userId: '501' }),
      ]);
      const cleared = [marking('1', { kind: 'emoji', emoji: wave.emoji }, { isAdded: false })];
      const byEmoji = await writer.append([...cleared, ...cleared, marking('1', wave, { userId: '502' })]);
      const rows = await sql('SELECT key, user_id::text FROM mark ORDER BY key, user_id');
      const everything = marking('1', { kind: 'all-reactions' }, { isAdded: false });
      const atOnce = await writer.append([everything, marking('1', { kind: 'all-reactions' }, { isAdded: false })]);

      expect(typesOf(byEmoji.events)).toEqual(['MESSAGE_REACTION_REMOVE_EMOJI', 'MESSAGE_REACTION_ADD']);
      expect(rows).toEqual([
        { key: 'reaction:👋', user_id: '502' },
        { key: 'reaction:👍', user_id: '500' },
      ]);
      expect(typesOf(atOnce.events)).toEqual(['MESSAGE_REACTION_REMOVE_ALL']);
      expect(await counts('1')).toBeUndefined();
      expect(await sql('SELECT * FROM mark')).toEqual([]);
    });

    it('of an unknown or deleted message are no events', async () => {
      const writer = await current().becomeWriter();
      const { events, dropped } = await writer.append([thumbUp('1', '500'), deletion('2'), thumbUp('2', '500')]);

      expect(typesOf(events)).toEqual(['MESSAGE_DELETE']);
      expect(dropped).toMatchObject({ incomplete: 1, deleted: 1 });
    });

    it('are corrected by what Discord answers when asked, and left alone by a dispatch', async () => {
      const { becomeWriter } = current();
      const writer = await becomeWriter();
      await writer.append([message('1', 'x'), thumbUp('1', '500')]);
      const asked = { isTallyFresh: true, origin: 'reconcile' } as const;
      const seen = [
        (await writer.append([message('1', 'x', { tally: reacted(9) })])).events,
        (await writer.append([message('1', 'x', { tally: reacted(1), ...asked })])).events,
        (await writer.append([message('1', 'x', { tally: reacted(4), ...asked })])).events,
        // Asked before the last answer was stored.
        (await writer.append([message('1', 'x', { tally: reacted(7), ...asked, observedAt: 1 })])).events,
      ];

      expect(seen.map(typesOf)).toEqual([[], [], ['MESSAGE_UPDATE'], []]);
      expect(JSON.parse(seen[2]?.[0]?.payload ?? '')).toMatchObject({ revision: 0, reactions: [{ count: 4 }] });
      expect(await counts('1')).toEqual([['👍', 4]]);
      // Who the four are nobody knows now, so that taking one back is believed.
      expect((await writer.append([thumbGone('1', '500')])).events).toHaveLength(1);
      // An edit does not touch the counts.
      await writer.append([message('1', 'edited 😀', { editedAtMs: 5 })]);
      expect(await stored('1')).toMatchObject({ content: 'edited 😀', revision: 1, reactions: [{ count: 3 }] });
    });
  });

  describe('poll votes', () => {
    it('count on the stored poll, and I8: each once', async () => {
      const { becomeWriter } = current();
      const writer = await becomeWriter();
      const batch = [
        message('1', 'x', { tally: withPoll() }),
        vote('1', '500', 1),
        vote('1', '501', 2),
        vote('1', '501', 2, false),
        vote('1', '501', 1),
      ];
      const { events } = await writer.append(batch);
      const again = await writer.append([...batch, vote('1', '500', 1), vote('1', '501', 2, false)]);

      expect(typesOf(events).slice(1)).toEqual([
        'MESSAGE_POLL_VOTE_ADD',
        'MESSAGE_POLL_VOTE_ADD',
        'MESSAGE_POLL_VOTE_REMOVE',
        'MESSAGE_POLL_VOTE_ADD',
      ]);
      expect(again.events).toEqual([]);
      expect((await stored('1')).poll).toEqual(poll({ 1: 2 }));
    });

    it('end with Discord’s final counts, which no late vote changes', async () => {
      const { becomeWriter } = current();
      const writer = await becomeWriter();
      await writer.append([message('1', 'x', { tally: withPoll() }), vote('1', '500', 1)]);
      const final = message('1', 'x', { tally: withPoll({ 1: 5, 2: 7 }, true) });
      const { events } = await writer.append([final, { ...final }, vote('1', '501', 1)]);

      expect(typesOf(events)).toEqual(['MESSAGE_UPDATE']);
      expect(JSON.parse(events[0]?.payload ?? '')).toMatchObject({ poll: { results: { is_finalized: true } } });
      expect((await stored('1')).poll).toEqual(poll({ 1: 5, 2: 7 }, true));
    });

    it('for a message without a poll are no events', async () => {
      const writer = await current().becomeWriter();

      expect((await writer.append([message('1', 'x'), vote('1', '500', 1)])).dropped.incomplete).toBe(1);
    });
  });

  it('a delete takes marks, counts, revisions and the content of every event of the message, in one batch or in many', async () => {
    const { log, becomeWriter, sql } = current();
    const writer = await becomeWriter();
    const life = (id: string): readonly Change[] => [
      message(id, 'secret', { tally: withPoll() }),
      thumbUp(id, '500'),
      vote(id, '500', 1),
      message(id, 'secret 2', { editedAtMs: 5 }),
      deletion(id),
    ];
    for (const change of life('1')) await writer.append([change]);
    await writer.append(life('2'));
    await writer.append([...life('1'), ...life('2')]);

    expect(await sql('SELECT * FROM mark')).toEqual([]);
    expect(await sql('SELECT * FROM message_revision')).toEqual([]);
    expect(await sql('SELECT tally FROM message')).toEqual([{ tally: null }, { tally: null }]);
    const events = await log.read(1, 100);
    expect(events).toHaveLength(10);
    for (const { type, payload, messageId } of events) {
      if (type !== 'MESSAGE_DELETE') expect(JSON.parse(payload)).toEqual({ ...BLANK, id: messageId });
    }
  });
}

const BLANK = { channel_id: '10', guild_id: '1', purged: true, origin: 'live' };
