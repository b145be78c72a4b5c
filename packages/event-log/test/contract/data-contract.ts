import { describe, expect, it } from '@jest/globals';
import { deletion, message, messages } from '../support/changes.ts';
import type { TestLog } from '../support/use-event-log.ts';

const SECRET = 'zebra-crossing-4711';

export function describeData(current: () => TestLog): void {
  describe('poison and purge', () => {
    it('files what the database refuses in dead_letter and commits the rest in order', async () => {
      const { log, becomeWriter, sql } = current();
      const poison = [
        message('21', 'nul', { payload: '{"content":"\u0000"}' }),
        message('22', 'lone surrogate', { payload: '{"content":"\ud800"}' }),
        message('99999999999999999999', 'id beyond 64 bits'),
        message('24', 'not an id', { authorId: 'abc' }),
        message('25', 'fraction', { editedAtMs: 1.5 }),
      ];
      const batch = poison.flatMap((bad, index) => [...messages(100 + index * 10, 3), bad]);
      const writer = await becomeWriter();
      const result = await writer.append(batch);

      expect(result.deadLettered).toBe(5);
      expect(result.events.map(({ messageId }) => messageId)).toEqual(
        batch.filter(({ id }) => poison.every((bad) => bad.id !== id)).map(({ id }) => id),
      );
      expect(await log.read(1, 100)).toEqual(result.events);
      const letters = await sql('SELECT sqlstate, reason, message_id, change FROM dead_letter ORDER BY id');
      expect(letters.map(({ reason, message_id }) => [reason, message_id])).toEqual(
        poison.map(({ id }) => ['data exception', id]),
      );
      expect(JSON.parse(Buffer.from(String(letters[1]?.change), 'base64').toString())).toEqual(poison[1]);
      expect((await writer.append(messages(500, 1))).events).toHaveLength(1);
    });

    it('I8: feeding a poison batch again files nothing twice', async () => {
      const { becomeWriter, sql } = current();
      const writer = await becomeWriter();
      const batch = [message('1', 'x', { authorId: 'abc' }), message('2', 'y')];
      await writer.append(batch);
      const again = await writer.append(batch);

      expect(again).toMatchObject({ events: [], deadLettered: 1 });
      expect(await sql('SELECT 1 FROM dead_letter')).toHaveLength(1);
    });

    it('a fenced writer files no dead letters', async () => {
      const { becomeWriter, sql } = current();
      const writer = await becomeWriter();
      await sql('UPDATE head SET term = term + 1');

      await expect(writer.append([message('1', 'x', { authorId: 'abc' })])).rejects.toThrow();
      expect(await sql('SELECT 1 FROM dead_letter')).toEqual([]);
    });

    it('a delete removes the content from every table, also what was filed as dead letter', async () => {
      const { log, becomeWriter, sql } = current();
      const writer = await becomeWriter();
      await writer.append([
        message('1', SECRET, { parentId: '10', channelId: '11' }),
        message('1', 'poisoned', {
          payload: `{"content":"${SECRET}","n":"\u0000"}`,
          observedAt: 1e15,
          channelId: '11',
        }),
        message('2', 'stays'),
      ]);
      await writer.append([message('1', `${SECRET} edited`, { editedAtMs: 5, parentId: '10', channelId: '11' })]);
      const { events } = await writer.append([
        message('1', `${SECRET} again`, { editedAtMs: 6, parentId: '10', channelId: '11' }),
        deletion('1', { channelId: '11' }),
      ]);

      expect(JSON.stringify(events)).not.toContain(SECRET);
      const everything = await Promise.all(
        ['head', 'message', 'event', 'guild', 'channel', 'dead_letter'].map((table) =>
          sql(`SELECT t::text AS row FROM ${table} AS t`),
        ),
      );
      const base64 = Buffer.from(SECRET).toString('base64').slice(4, 20);
      expect(JSON.stringify(everything)).not.toContain(SECRET);
      expect(JSON.stringify(everything)).not.toContain(base64);
      const log4 = await log.read(1, 10);
      expect(log4.map(({ type, payload }) => [type, JSON.parse(payload).purged ?? false])).toEqual([
        ['MESSAGE_CREATE', true],
        ['MESSAGE_CREATE', false],
        ['MESSAGE_UPDATE', true],
        ['MESSAGE_UPDATE', true],
        ['MESSAGE_DELETE', false],
      ]);
      expect(JSON.parse(log4[0]?.payload ?? '')).toEqual({
        id: '1',
        channel_id: '11',
        guild_id: '1',
        purged: true,
        origin: 'live',
      });
      // The delete did not know the thread's parent; those who watch the parent must hear of it all the same.
      expect(log4[4]).toMatchObject({ channelId: '11', parentId: '10', authorId: null });
      const tombstone = await log.message('1');
      expect(tombstone).toMatchObject({ isDeleted: true });
      expect(JSON.parse(tombstone?.payload ?? '')).toEqual({
        ...{ id: '1', channel_id: '11', guild_id: '1', revision: 2 },
        deleted_at: JSON.parse(events[1]?.payload ?? '').deleted_at,
      });
      expect(await sql('SELECT author_id FROM message WHERE id = 1')).toEqual([{ author_id: null }]);
    });

    it('a delete is terminal: no later create or update brings the message back', async () => {
      const { log, becomeWriter } = current();
      const writer = await becomeWriter();
      await writer.append([deletion('1')]);
      const result = await writer.append([
        message('1', 'back'),
        message('1', 'edited', { editedAtMs: 9e12 }),
        deletion('1'),
      ]);

      expect(result).toMatchObject({ events: [], dropped: { deleted: 3 } });
      expect((await log.message('1'))?.isDeleted).toBe(true);
    });
  });
}
