import { describe, expect, it } from '@jest/globals';
import { channel, deletion, guild, message, nextStamp, pins } from '../support/changes.ts';
import type { TestLog } from '../support/use-event-log.ts';

const news = { isNews: true } as const;
const thread = (id: string, overrides: object = {}) => channel(id, { type: 11, parentId: '10', ...news, ...overrides });
const left = (id: string) => ({ kind: 'guild-left', id, origin: 'live', observedAt: nextStamp() }) as const;

export function describeDirectory(current: () => TestLog): void {
  describe('guilds, channels and threads', () => {
    it('are events iff something changed that was seen before, and I8: once', async () => {
      const { log, becomeWriter, expireLease } = current();
      const writer = await becomeWriter();
      await writer.append([guild('1', 'G'), channel('10'), thread('20', { isNews: false })]);
      const batch = [
        guild('1', 'G', true),
        guild('1', 'G2', true),
        channel('10', news),
        channel('10', { ...news, name: 'renamed' }),
        channel('11', news),
        channel('10', { ...news, name: 'renamed', payload: '{"id":"10","last_message_id":"5"}' }),
        thread('20', { name: 'aside' }),
        thread('21'),
        thread('21', { isDeleted: true }),
        channel('11', { ...news, isDeleted: true }),
        pins('10', '2026-11-22T10:00:00.000Z', true),
        pins('10', '2026-11-22T10:00:00.000Z', true),
        pins('99', '2026-11-22T10:00:00.000Z', true),
        left('1'),
        left('7'),
      ];
      const { events } = await writer.append(batch);
      const again = await writer.append(batch);
      await expireLease();
      const afterTakeover = await (await becomeWriter()).append(batch);

      expect(events.map(({ type, guildId, channelId, parentId }) => [type, guildId, channelId, parentId])).toEqual([
        ['GUILD_UPDATE', '1', null, null],
        ['CHANNEL_UPDATE', '1', '10', null],
        ['CHANNEL_CREATE', '1', '11', null],
        ['THREAD_UPDATE', '1', '20', '10'],
        ['THREAD_CREATE', '1', '21', '10'],
        ['THREAD_DELETE', '1', '21', '10'],
        ['CHANNEL_DELETE', '1', '11', null],
        ['CHANNEL_PINS_UPDATE', '1', '10', null],
        ['GUILD_DELETE', '1', null, null],
      ]);
      expect([again.events, afterTakeover.events]).toEqual([[], []]);
      expect(JSON.parse(events[7]?.payload ?? '')).toEqual({
        ...{ guild_id: '1', channel_id: '10', last_pin_timestamp: '2026-11-22T10:00:00.000Z', origin: 'live' },
      });
      expect(JSON.parse((await log.channel('10'))?.payload ?? '')).toEqual({
        ...{ id: '10', last_message_id: '5', last_pin_timestamp: '2026-11-22T10:00:00.000Z' },
      });
      expect(await log.guilds()).toEqual([]);
    });

    it('a guild that the bot joins again is there again', async () => {
      const { log, becomeWriter } = current();
      const writer = await becomeWriter();
      await writer.append([guild('1', 'G'), left('1')]);
      const { events } = await writer.append([guild('1', 'G', true)]);

      expect(events.map(({ type }) => type)).toEqual(['GUILD_UPDATE']);
      expect((await log.guilds()).map(({ name }) => name)).toEqual(['G']);
    });

    it('what an older release stored without a digest is no news', async () => {
      const { becomeWriter, sql } = current();
      const writer = await becomeWriter();
      await writer.append([guild('1', 'G'), channel('10')]);
      await sql("UPDATE channel SET hash = '', observed_at = 0");
      await sql("UPDATE guild SET hash = '', observed_at = 0");

      expect((await writer.append([guild('1', 'G', true), channel('10', news)])).events).toEqual([]);
      expect(await sql('SELECT hash FROM channel')).toEqual([{ hash: 'channel 10' }]);
    });

    it('leave orphans behind: threads of deleted channels, channels of left guilds, messages', async () => {
      const { log, becomeWriter, sql } = current();
      const writer = await becomeWriter();
      await writer.append([
        guild('1', 'G'),
        guild('2', 'H'),
        channel('10'),
        thread('20'),
        channel('30', { guildId: '2' }),
      ]);
      expect([await log.leftGuilds(0), await log.orphanChannels([], 10), await log.deletedChannels(10)]).toEqual([
        [],
        [],
        [],
      ]);
      await writer.append([channel('10', { ...news, isDeleted: true }), left('2')]);
      await sql("UPDATE guild SET left_at = now() - interval '1 hour' WHERE id = 2");

      expect([await log.leftGuilds(7_200_000), await log.leftGuilds(60_000)]).toEqual([[], ['2']]);
      expect((await log.orphanChannels([], 10)).map(({ id }) => id)).toEqual(['20']);
      expect((await log.orphanChannels(['2', '3'], 10)).map(({ id }) => id).sort()).toEqual(['20', '30']);
      expect(await log.deletedChannels(10)).toEqual([{ id: '10', guildId: '1', parentId: null }]);
      await writer.append([
        { kind: 'emptied', id: '10' },
        { kind: 'emptied', id: '20' },
      ]);
      expect(await log.deletedChannels(10)).toEqual([]);
      expect(await sql('SELECT id::text FROM channel WHERE is_emptied')).toEqual([{ id: '10' }]);
    });

    // That a thread is gone may be found out by asking, before its last messages are dispatched, and its delete behind them.
    it('a channel that is deleted again is looked through again, without a second event', async () => {
      const { log, becomeWriter } = current();
      const writer = await becomeWriter();
      const gone = { ...news, isDeleted: true };
      await writer.append([channel('10'), channel('10', gone)]);
      await writer.append([{ kind: 'emptied', id: '10' }]);
      const again = channel('10', gone);
      const { events } = await writer.append([message('100', 'late', { channelId: '10' }), again]);

      expect(events.map(({ type }) => type)).toEqual(['MESSAGE_CREATE']);
      expect(await log.deletedChannels(10)).toEqual([{ id: '10', guildId: '1', parentId: null }]);
      await writer.append([{ kind: 'emptied', id: '10' }]);
      await writer.append([again]);
      expect(await log.deletedChannels(10)).toEqual([]);
    });
  });

  describe('revisions', () => {
    it('hold what a message said before each edit, in one batch or in many, and I8: once', async () => {
      const { log, becomeWriter } = current();
      const writer = await becomeWriter();
      const edit = (id: string, text: string, editedAtMs: number) => message(id, text, { editedAtMs });
      const life = (id: string) => [
        message(id, 'a 😀'),
        edit(id, 'b', 1),
        message(id, 'b unfurled', { editedAtMs: 1 }),
        edit(id, 'c', 2),
      ];
      for (const change of life('1')) await writer.append([change]);
      await writer.append(life('2'));
      await writer.append([...life('1'), ...life('2')]);

      for (const id of ['1', '2']) {
        expect((await log.revisions(id)).map((payload) => JSON.parse(payload))).toEqual([
          { id, content: 'a 😀', revision: 0 },
          { id, content: id === '1' ? 'b unfurled' : expect.stringMatching(/^b/), revision: 1 },
        ]);
      }
      await writer.append([deletion('1')]);
      expect(await log.revisions('1')).toEqual([]);
    });

    it('are not kept by a log that is told not to', async () => {
      const { log, becomeWriter, openAnother, url } = current();
      const writer = await becomeWriter(await openAnother(url, { keepsRevisions: false }));
      await writer.append([message('1', 'a')]);
      await writer.append([message('1', 'b', { editedAtMs: 1 })]);

      expect(await log.revisions('1')).toEqual([]);
    });
  });
}
