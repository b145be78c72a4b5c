import { LOG_START } from '@dms/protocol';
import { describe, expect, it } from '@jest/globals';
import { channel, deletion, guild, message, messages, NEWEST_PAGE } from '../support/changes.ts';
import type { TestLog } from '../support/use-event-log.ts';

export function describeAppend(current: () => TestLog): void {
  describe('append', () => {
    it('I1: seqs run from 1 without holes, across batches and writers, and terms never decrease', async () => {
      const { log, becomeWriter } = current();
      for (const first of [100, 200, 300]) {
        const writer = await becomeWriter();
        await writer.append(messages(first, 5));
        await writer.append([message(String(first), 'same hash, new text')]);
        await writer.release();
      }

      const events = await log.read(1, 1_000);
      expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 18 }, (_, index) => index + 1));
      const terms = events.map(({ term }) => term);
      expect(terms).toEqual([...terms].sort((a, b) => a - b));
      expect(new Set(terms).size).toBe(3);
    });

    it('I1: what append returns is what every reader then reads', async () => {
      const { log, becomeWriter, openAnother } = current();
      const writer = await becomeWriter();
      const { events } = await writer.append([
        message('5', 'wörld 😀 "q"', { parentId: '9' }),
        deletion('4', { bulkId: '77' }),
      ]);

      expect(await log.read(1, 10)).toEqual(events);
      expect(await (await openAnother()).tail(10)).toEqual(events);
      expect(events.map(({ type, payload }) => [type, JSON.parse(payload)])).toEqual([
        ['MESSAGE_CREATE', { id: '5', content: 'wörld 😀 "q"', revision: 0, origin: 'live' }],
        [
          'MESSAGE_DELETE',
          { id: '4', channel_id: '10', guild_id: '1', deleted_at: expect.any(String), bulk_id: '77', origin: 'live' },
        ],
      ]);
    });

    it('I3: once append resolved, the message is stored for everybody', async () => {
      const { becomeWriter, openAnother } = current();
      const writer = await becomeWriter();
      const reader = await openAnother();
      await writer.append([message('5', 'first'), message('5', 'second', { editedAtMs: 1_000 })]);

      const stored = await reader.message('5');
      expect(stored).toMatchObject({ id: '5', channelId: '10', parentId: null, isDeleted: false });
      expect(JSON.parse(stored?.payload ?? '')).toEqual({ id: '5', content: 'second', revision: 1 });
    });

    it('I8: a batch fed twice changes nothing, in the same term and after a takeover', async () => {
      const { log, becomeWriter, expireLease, sql } = current();
      const batch = [
        message('1', 'a'),
        message('1', 'b', { editedAtMs: 5 }),
        message('2', 'c'),
        deletion('2'),
        deletion('3'),
        message('3', 'late create'),
        channel('10', { baselineMessageId: '1' }),
        guild('1', 'guild'),
      ];
      const tables = async () => [
        await sql('SELECT * FROM message ORDER BY id'),
        await sql('SELECT * FROM channel'),
        await log.read(1, 100),
      ];
      const writer = await becomeWriter();
      const first = await writer.append(batch);
      const before = await tables();
      const again = await writer.append(batch);
      await expireLease();
      const successor = await becomeWriter();
      const afterTakeover = await successor.append(batch);

      expect(first.events).toHaveLength(5);
      expect([again.events, afterTakeover.events]).toEqual([[], []]);
      expect(again.dropped).toEqual({ same: 1, stale: 1, deleted: 4, incomplete: 0 });
      expect(await tables()).toEqual(before);
    });

    it('I8: messages below the remembered window are looked up before they are judged', async () => {
      const { becomeWriter, sql } = current();
      await sql(`INSERT INTO message (id, guild_id, channel_id, author_id, hash, observed_at, revision, payload)
        SELECT id, 1, 10, 900, 'hash ' || id, 0, 3, '{"id":"' || id || '"}' FROM generate_series(1, 5100) AS id`);
      const writer = await becomeWriter();
      // The window once was the newest by text, in which 999 follows 5100 and 1000 is old: 1000 was taken for unknown.
      const result = await writer.append([
        message('7', 'hash 7'),
        message('8', 'other', { editedAtMs: 9 }),
        message('1000', 'hash 1000'),
        message('5090', 'hash 5090'),
      ]);

      expect(result.dropped.same).toBe(3);
      expect(result.events.map(({ type, messageId }) => [type, messageId])).toEqual([['MESSAGE_UPDATE', '8']]);
      expect(result.events[0]?.payload).toContain('"revision":4');
    });

    it('an append in which nothing changes writes no event and still proves the term', async () => {
      const { log, becomeWriter, sql } = current();
      const writer = await becomeWriter();
      const result = await writer.append([message('1', 'x', { isComplete: false })]);

      expect(result).toEqual({
        events: [],
        dropped: { same: 0, stale: 0, deleted: 0, incomplete: 1 },
        deadLettered: 0,
      });
      expect(await log.tail(1)).toEqual([]);
      expect(await log.messages(NEWEST_PAGE)).toMatchObject({ messages: [], hasMore: false, position: LOG_START });
      await sql('UPDATE head SET term = term + 1');
      await expect(writer.append([])).rejects.toMatchObject({ code: 'FENCED' });
    });

    it('refuses more than 500 changes', async () => {
      const writer = await current().becomeWriter();

      await expect(writer.append(messages(1, 501))).rejects.toThrow(RangeError);
    });

    it('keeps the first sighting of a channel as its baseline, and forgets deleted channels', async () => {
      const { log, becomeWriter } = current();
      const writer = await becomeWriter();
      await writer.append([
        channel('10', { baselineMessageId: '50' }),
        channel('11'),
        channel('12'),
        message('60', 'x', { channelId: '11' }),
      ]);
      await writer.append([
        channel('10', { name: 'renamed', baselineMessageId: '99' }),
        channel('12', { isDeleted: true }),
      ]);

      expect((await log.channels()).map(({ id, name }) => [id, name])).toEqual([
        ['10', 'renamed'],
        ['11', 'channel 11'],
      ]);
      expect(await log.channel('12')).toBeNull();
      expect(await log.channelProgress()).toEqual([
        { channelId: '10', lastMessageId: '50' },
        { channelId: '11', lastMessageId: '60' },
      ]);
    });
  });
}
