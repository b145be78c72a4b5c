import { beforeEach, describe, expect, it } from '@jest/globals';
import type { MessageQuery } from '../../src/index.ts';
import { deletion, message, NEWEST_PAGE } from '../support/changes.ts';
import type { TestLog } from '../support/use-event-log.ts';

// id → where it is: channels 10 and 20, thread 11 of channel 10; guild 2 holds channel 20. Author 900, even ids 901.
const PLACES = [
  ...[1, 4, 7, 10].map((id) => ({ id, guildId: '1', channelId: '10', parentId: null })),
  ...[2, 5, 8].map((id) => ({ id, guildId: '1', channelId: '11', parentId: '10' })),
  ...[3, 6, 9].map((id) => ({ id, guildId: '2', channelId: '20', parentId: null })),
];
const DELETED_ID = 7;

export function describeHistory(current: () => TestLog): void {
  const page = async (query: Partial<MessageQuery>) => {
    const { log } = current();
    const whole: MessageQuery = {
      ...NEWEST_PAGE,
      ...{ limit: 100, includeDeleted: false },
      ...query,
    };
    const { messages, hasMore, position } = await log.messages(whole);
    // The page that the database puts together is the same page.
    const [newest, oldest] = [messages[0], messages.at(-1)];
    const json = `[${messages.map(({ payload }) => payload).join(',\n')}]`;
    const ends = { newestId: newest?.id ?? null, oldestId: oldest?.id ?? null };
    expect(await log.messagesText(whole)).toEqual({ json, ...ends, hasMore, position });
    return { ids: messages.map(({ id }) => Number(id)), hasMore };
  };
  const ids = async (query: Partial<MessageQuery>) => (await page(query)).ids;

  describe('message history', () => {
    beforeEach(async () => {
      const writer = await current().becomeWriter();
      const stored = PLACES.map(({ id, ...place }) =>
        message(String(id), `text ${id}`, { ...place, authorId: id % 2 === 0 ? '901' : '900' }),
      );
      await writer.append([...stored, deletion(String(DELETED_ID))]);
    });

    it('answers newest first, without deleted messages unless asked', async () => {
      expect(await page({})).toEqual({ ids: [10, 9, 8, 6, 5, 4, 3, 2, 1], hasMore: false });
      expect(await ids({ includeDeleted: true })).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    });

    it('pages in every direction and says whether more follows there', async () => {
      expect(await page({ limit: 3 })).toEqual({ ids: [10, 9, 8], hasMore: true });
      expect(await page({ limit: 3, cursor: { kind: 'before', id: '8' } })).toEqual({ ids: [6, 5, 4], hasMore: true });
      expect(await page({ limit: 3, cursor: { kind: 'before', id: '4' } })).toEqual({ ids: [3, 2, 1], hasMore: false });
      expect(await page({ limit: 3, cursor: { kind: 'after', id: '3' } })).toEqual({ ids: [6, 5, 4], hasMore: true });
      expect(await page({ limit: 3, cursor: { kind: 'after', id: '6' } })).toEqual({ ids: [10, 9, 8], hasMore: false });
      expect(await page({ limit: 4, cursor: { kind: 'around', id: '5' } })).toEqual({
        ids: [8, 6, 5, 4],
        hasMore: true,
      });
      expect(await page({ limit: 1, cursor: { kind: 'around', id: '5' } })).toEqual({ ids: [5], hasMore: true });
      expect(await page({ limit: 5, cursor: { kind: 'around', id: '7' } })).toEqual({
        ids: [9, 8, 6, 5, 4],
        hasMore: true,
      });
      expect(await page({ limit: 9, cursor: { kind: 'around', id: '1' } })).toEqual({
        ids: [5, 4, 3, 2, 1],
        hasMore: false,
      });
    });

    it('walking before or after visits every message once', async () => {
      const walk = async (kind: 'before' | 'after', start: string) => {
        const seen: number[] = [];
        for (let cursor = start; ; ) {
          const { ids: found, hasMore } = await page({
            limit: 2,
            cursor: { kind, id: cursor },
            channelIds: ['10', '20'],
          });
          seen.push(...(kind === 'before' ? found : found.toReversed()));
          if (!hasMore) return seen;
          cursor = String(seen.at(-1));
        }
      };

      expect(await walk('before', '1000')).toEqual([10, 9, 8, 6, 5, 4, 3, 2, 1]);
      expect(await walk('after', '0')).toEqual([1, 2, 3, 4, 5, 6, 8, 9, 10]);
    });

    it('a channel selects its threads too, a thread only itself, and nothing comes twice', async () => {
      expect(await ids({ channelIds: ['10'] })).toEqual([10, 8, 5, 4, 2, 1]);
      expect(await ids({ channelIds: ['11'] })).toEqual([8, 5, 2]);
      expect(await ids({ channelIds: ['11', '10', '11'] })).toEqual([10, 8, 5, 4, 2, 1]);
      expect(await page({ channelIds: ['10', '11'], limit: 3, cursor: { kind: 'after', id: '1' } })).toEqual({
        ids: [5, 4, 2],
        hasMore: true,
      });
    });

    it('a channel selects only itself when its threads are not wanted', async () => {
      expect(await ids({ channelIds: ['10'], withThreads: false })).toEqual([10, 4, 1]);
      expect(await ids({ channelIds: ['10'], withThreads: false, withinChannels: ['10'] })).toEqual([10, 4, 1]);
    });

    it('filters meet: AND between kinds, OR inside one', async () => {
      expect(await ids({ guildIds: ['2'] })).toEqual([9, 6, 3]);
      expect(await ids({ guildIds: ['1', '2'], authorIds: ['900'] })).toEqual([9, 5, 3, 1]);
      expect(await ids({ authorIds: ['900', '901'], channelIds: ['11'] })).toEqual([8, 5, 2]);
      expect(await ids({ authorIds: ['901'], channelIds: ['10'], guildIds: ['1'] })).toEqual([10, 8, 4, 2]);
      expect(await ids({ guildIds: ['2'], channelIds: ['10'] })).toEqual([]);
      expect(await ids({ authorIds: ['999'] })).toEqual([]);
    });

    it('what a key may see narrows every query; a key for no channel sees nothing', async () => {
      expect(await ids({ withinChannels: ['10'] })).toEqual([10, 8, 5, 4, 2, 1]);
      expect(await ids({ withinChannels: ['11'], channelIds: ['10', '20'] })).toEqual([8, 5, 2]);
      expect(await ids({ withinChannels: ['20'], authorIds: ['900'], guildIds: ['2'] })).toEqual([9, 3]);
      expect(await ids({ withinChannels: [] })).toEqual([]);
      expect(await ids({ withinChannels: [], channelIds: ['10'] })).toEqual([]);
    });

    it('the page names the position of its own snapshot, also when it is empty', async () => {
      const { log } = current();
      const [newest] = await log.tail(1);
      const { position, messages } = await log.messages({ ...NEWEST_PAGE, guildIds: ['5'] });

      expect(messages).toEqual([]);
      expect(position).toEqual({ term: newest?.term, seq: newest?.seq });
    });

    it('refuses a limit outside 1 to 250', async () => {
      await expect(page({ limit: 0 })).rejects.toThrow(RangeError);
      await expect(page({ limit: 251 })).rejects.toThrow(RangeError);
    });

    it('a single message is found by id; what is no id is not found', async () => {
      const { log } = current();

      expect(await log.message('8')).toMatchObject({ id: '8', channelId: '11', parentId: '10', isDeleted: false });
      expect(await Promise.all(['77', 'abc', '99999999999999999999', ''].map((id) => log.message(id)))).toEqual([
        null,
        null,
        null,
        null,
      ]);
    });
  });
}
