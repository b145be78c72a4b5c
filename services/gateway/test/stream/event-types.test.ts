import type { Change } from '@dms/event-log';
import { openTestConnection } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { freshIds, type Stage, useStage } from './gateway-fixture.ts';

const start = useStage();

const thumb = { kind: 'reaction', emoji: { id: null, name: '👍' }, isBurst: false, burstColors: [] } as const;

function reaction({ log }: Stage, messageId: number, userId: string): Change {
  const id = String(messageId);
  const where = { guildId: '1', channelId: '2', parentId: null };
  const payload = JSON.stringify({ message_id: id, user_id: userId, emoji: thumb.emoji });
  const fixed = { kind: 'mark', mark: thumb, isAdded: true, origin: 'live', observedAt: log.stamp() } as const;
  return { ...fixed, id, ...where, userId, payload };
}

/** A thread of channel 2 appears, is renamed, and goes. */
function threadLife({ log }: Stage, id: string): readonly Change[] {
  return ['born', 'renamed', 'gone'].map((name, index): Change => {
    const what = { id, guildId: '1', parentId: '2', type: 11, name, baselineMessageId: null, hash: name };
    const payload = JSON.stringify({ id, guild_id: '1', parent_id: '2', type: 11, name });
    const news = { isDeleted: index === 2, isNews: true, origin: 'live', observedAt: log.stamp() } as const;
    return { kind: 'channel', ...what, payload, ...news };
  });
}

const typesOf = (events: readonly { readonly t: string }[]): readonly string[] => events.map(({ t }) => t);

describe('a stream of every type', () => {
  it('carries reactions, threads and pins to whoever asked for their types, channel or author', async () => {
    const stage = await start();
    const { url, append, message } = stage;
    const [one = 0, two = 0, thread = 0] = freshIds(3);
    const everything = await openTestConnection(url);
    const reactions = await openTestConnection(url, { filter: { types: 'MESSAGE_REACTION_ADD,THREAD_DELETE' } });
    const channel = await openTestConnection(url, { filter: { channel_id: '2' } });
    const author = await openTestConnection(url, { filter: { author_id: '30' } });
    await append([
      message(one, { authorId: '30' }),
      message(two, { authorId: '31' }),
      reaction(stage, one, '31'),
      reaction(stage, two, '30'),
      ...threadLife(stage, String(thread)),
    ]);
    const all = ['MESSAGE_CREATE', 'MESSAGE_CREATE', 'MESSAGE_REACTION_ADD', 'MESSAGE_REACTION_ADD'];
    const threads = ['THREAD_CREATE', 'THREAD_UPDATE', 'THREAD_DELETE'];
    expect(typesOf(await everything.waitForEvents(7))).toEqual([...all, ...threads]);
    expect(typesOf(await reactions.waitForEvents(3))).toEqual([all[2], all[3], 'THREAD_DELETE']);
    // A channel also selects its threads.
    expect(typesOf(await channel.waitForEvents(7))).toEqual([...all, ...threads]);
    // Of messages by 30, whoever reacted: who watches an author must be able to count along.
    const ofAuthor = await author.waitForEvents(2);
    expect(ofAuthor.map(({ t, d }) => [t, d.message_id ?? d.id])).toEqual([
      ['MESSAGE_CREATE', String(one)],
      ['MESSAGE_REACTION_ADD', String(one)],
    ]);
    for (const client of [everything, reactions, channel, author]) await client.close();
  });

  it('replays a deleted message’s reactions without who reacted, from memory as from the log', async () => {
    const stage = await start();
    const { url, append, message, remove, gateway, log } = stage;
    const [id = 0] = freshIds(1);
    const first = gateway.feed.last;
    await append([message(id), reaction(stage, id, '31')]);
    await append([remove(id)]);
    const client = await openTestConnection(url, { since: `${first.term}:${first.seq}` });
    const [, reacted] = await client.waitForEvents(3);
    const blank = { id: String(id), channel_id: '2', guild_id: '1', purged: true, origin: 'live' };
    expect(reacted).toMatchObject({ t: 'MESSAGE_REACTION_ADD' });
    expect(reacted?.d).toEqual(blank);
    const [, stored] = await log.read(first.seq + 1, 3);
    expect(JSON.parse(stored?.payload ?? '')).toEqual(blank);
    await client.close();
  });
});
