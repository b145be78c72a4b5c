import { describe, expect, it } from '@jest/globals';
import type { BackfillChange, CatchUpChange, DiscordSession, GapChange } from '../../src/index.ts';
import { channel, deletion, message, messages } from '../support/changes.ts';
import type { TestLog } from '../support/use-event-log.ts';

const OWNER = { bot: 'bot', fingerprint: 'f' };
const session = (sequence: number, overrides: Partial<DiscordSession> = {}): DiscordSession => ({
  ...OWNER,
  sessionId: 's1',
  resumeUrl: 'wss://gateway.example/resume',
  sequence,
  hasMessageContent: true,
  ...overrides,
});
const gap = (state: GapChange['state'], overrides: Partial<GapChange> = {}): GapChange => ({
  ...{ kind: 'gap', id: '1795380475745000', guildId: '1', reason: 'session_lost', sinceMs: 1_795_380_000_000, state },
  ...{ observedAt: 1_795_380_480_000_000, unrecoverable: [] },
  ...overrides,
});
const ARCHIVED = '2026-11-20T08:00:00.123000+00:00';
const backfill = (id: string, overrides: Partial<BackfillChange> = {}): BackfillChange => ({
  ...{ kind: 'backfill', id, guildId: '1', list: 'messages', cursor: null, isWhole: false, isDone: false },
  refused: null,
  ...overrides,
});
const catchUp = (id: string, overrides: Partial<CatchUpChange> = {}): CatchUpChange => ({
  ...{ kind: 'catch_up', id, gapId: '1795380475745000', guildId: '1', phase: 'missed', cursorId: null },
  ...{ newestId: '4', examined: 0 },
  ...overrides,
});

export function describeSession(current: () => TestLog): void {
  describe('discord session', () => {
    it('is stored with the changes it covers, or not at all', async () => {
      const { log, becomeWriter, sql } = current();
      expect(await log.discordSession(OWNER)).toBeNull();
      const writer = await becomeWriter();
      await writer.append(messages(1, 2), session(7));
      expect(await log.discordSession(OWNER)).toEqual(session(7));
      await sql('UPDATE head SET seq = seq + 1');
      await expect(writer.append(messages(3, 1), session(8))).rejects.toMatchObject({ code: 'FENCED' });
      expect(await log.discordSession(OWNER)).toEqual(session(7));
    });

    it('moves on without a change too, by append and by renew, and a fenced renew moves nothing', async () => {
      const { log, becomeWriter, sql } = current();
      const writer = await becomeWriter();
      const status = { discord: 'connected', detail: null } as const;
      await writer.append([], session(1));
      await writer.renew(status, session(2));
      expect(await log.discordSession(OWNER)).toEqual(session(2));
      await sql('UPDATE head SET term = term + 1');
      await expect(writer.renew(status, session(3))).rejects.toMatchObject({ code: 'FENCED' });
      expect(await log.discordSession(OWNER)).toEqual(session(2));
    });

    it('never falls within a session, and begins anew with the next one', async () => {
      const { log, becomeWriter } = current();
      const writer = await becomeWriter();
      await writer.append([], session(9));
      await writer.append([], session(4));
      expect(await log.discordSession(OWNER)).toEqual(session(9));
      await writer.append([], session(1, { sessionId: 's2' }));
      expect(await log.discordSession(OWNER)).toEqual(session(1, { sessionId: 's2' }));
    });

    it('opened for something else is not resumed, yet tells when we last listened', async () => {
      const { log, becomeWriter } = current();
      expect(await log.lastListenedMs('bot')).toBeNull();
      expect(await log.isOnlyBot('bot')).toBe(false);
      await (await becomeWriter()).append([], session(1));
      expect(await log.discordSession({ bot: 'bot', fingerprint: 'other' })).toBeNull();
      expect(await log.discordSession({ bot: 'another', fingerprint: 'f' })).toBeNull();
      expect([await log.isOnlyBot('bot'), await log.isOnlyBot('another')]).toEqual([true, false]);
      expect(Math.abs(((await log.lastListenedMs('bot')) ?? 0) - Date.now())).toBeLessThan(60_000);
    });

    it('covers a change that was put aside, and none behind a batch that had to be cut', async () => {
      const { log, becomeWriter } = current();
      const writer = await becomeWriter();
      const poison = message('99999999999999999999', 'too large an id');
      expect((await writer.append([message('1', 'a'), poison, message('2', 'b')], session(3))).deadLettered).toBe(1);
      expect(await log.discordSession(OWNER)).toEqual(session(3));
      expect((await writer.append([message('99999999999999999998', 'also')], session(4))).deadLettered).toBe(1);
      expect(await log.discordSession(OWNER)).toEqual(session(4));
    });
  });

  describe('gaps', () => {
    it('I8: a gap opens with one event and closes with one, however often it is fed', async () => {
      const { log, becomeWriter, expireLease } = current();
      const writer = await becomeWriter();
      const opened = await writer.append([gap('open'), gap('planned'), gap('open')]);
      expect(opened.events.map(({ type, guildId, payload }) => [type, guildId, JSON.parse(payload)])).toEqual([
        [
          'GAP_OPEN',
          '1',
          {
            ...{ gap_id: '1795380475745000', guild_id: '1', reason: 'session_lost', origin: 'reconcile' },
            ...{
              since: new Date(1_795_380_000_000).toISOString(),
              opened_at: new Date(1_795_380_475_745).toISOString(),
            },
          },
        ],
      ]);
      expect(await log.openGaps()).toEqual([
        { id: '1795380475745000', guildId: '1', reason: 'session_lost', sinceMs: 1_795_380_000_000, isPlanned: false },
      ]);
      expect((await log.writerState()).openGaps).toBe(1);
      expect((await writer.append([gap('planned')])).events).toEqual([]);

      await expireLease();
      const successor = await becomeWriter();
      const closed = await successor.append([gap('closed', { unrecoverable: ['10'] }), gap('closed'), gap('open')]);
      expect(closed.events.map(({ type, payload }) => [type, JSON.parse(payload).unrecoverable])).toEqual([
        ['GAP_CLOSE', ['10']],
      ]);
      expect((await successor.append([gap('open'), gap('closed')])).events).toEqual([]);
      expect(await log.openGaps()).toEqual([]);
      expect((await log.writerState()).openGaps).toBe(0);
    });

    it('how far each channel has come is stored with the messages before it, and read while the gap is open', async () => {
      const { log, becomeWriter } = current();
      const writer = await becomeWriter();
      await writer.append([channel('10'), channel('11'), channel('12'), gap('open')]);
      await writer.append([
        catchUp('10', { cursorId: '5' }),
        catchUp('11', { phase: 'unrecoverable' }),
        ...messages(50, 3),
        catchUp('10', { phase: 'look_back', cursorId: '52', examined: 100 }),
      ]);
      const ten = catchUp('10', { phase: 'look_back', cursorId: '52', examined: 100 });
      expect(await log.openCatchUps()).toEqual([ten, catchUp('11', { phase: 'unrecoverable' })]);
      await writer.append([deletion('50'), gap('closed', { unrecoverable: ['11'] })]);

      expect(await log.openCatchUps()).toEqual([]);
      expect(await log.coverage()).toMatchObject([
        { channelId: '10', guildId: '1', oldestMessageId: '51', newestMessageId: '52', catchUp: null },
        { channelId: '11', oldestMessageId: null, newestMessageId: null, catchUp: { phase: 'unrecoverable' } },
        { channelId: '12', oldestMessageId: null, catchUp: null },
      ]);
    });

    it('how far the import has come is stored with what it speaks of, list by list, and the last word counts', async () => {
      const { log, becomeWriter, expireLease, sql } = current();
      const writer = await becomeWriter();
      await writer.append([
        ...[
          channel('10', { baselineMessageId: '99' }),
          channel('11', { type: 15 }),
          channel('12', { isDeleted: true }),
        ],
        ...[backfill('10', { cursor: '60' }), backfill('12'), backfill('11', { list: 'public', cursor: ARCHIVED })],
      ]);
      await writer.append([...messages(50, 3), backfill('10', { cursor: '50' })]);
      const begun = [backfill('10', { cursor: '50' }), backfill('11', { list: 'public', cursor: ARCHIVED })];
      expect(await log.backfills()).toEqual(begun);
      const importing = { cursorId: '50', isWhole: false, isDone: false, refused: null };
      expect((await log.coverage()).map(({ backfill: state }) => state)).toEqual([
        importing,
        { ...importing, cursorId: null },
      ]);
      expect(await log.backfillTargets()).toEqual([
        { channelId: '10', guildId: '1', parentId: null, type: 0, baselineMessageId: '99' },
        { channelId: '11', guildId: '1', parentId: null, type: 15, baselineMessageId: null },
      ]);

      await sql('UPDATE head SET seq = seq + 1');
      const last = backfill('10', { cursor: '50', isWhole: true, isDone: true, refused: 403 });
      await expect(writer.append([last])).rejects.toMatchObject({ code: 'FENCED' });
      expect(await log.backfills()).toEqual(begun);
      await expireLease();
      await (await becomeWriter()).append([last]);
      expect((await log.backfills())[0]).toEqual(last);
    });

    it('names what is stored of a channel, newest first, without what is deleted', async () => {
      const { log, becomeWriter } = current();
      const writer = await becomeWriter();
      await writer.append([...messages(1, 9), deletion('7'), message('100', 'elsewhere', { channelId: '11' })]);
      const ids = (fromId: string, beforeId: string | null, limit = 100) =>
        log.storedMessageIds({ channelId: '10', fromId, beforeId, limit });
      expect(await ids('3', null)).toEqual(['9', '8', '6', '5', '4', '3']);
      expect(await ids('3', '8', 2)).toEqual(['6', '5']);
      expect(await ids('50', null)).toEqual([]);
    });

    it('knows deleted channels too', async () => {
      const { log, becomeWriter } = current();
      await (await becomeWriter()).append([channel('10'), channel('12', { isDeleted: true })]);
      expect((await log.everyChannel()).map(({ id }) => id)).toEqual(['10', '12']);
    });
  });

  describe('identify budget', () => {
    it('counts for 24 hours, whoever asks, and starts anew', async () => {
      const { log, openAnother, sql } = current();
      expect(await log.identifyUse('bot')).toEqual({ used: 0, resetsInMs: 0, sinceLastMs: null });
      await log.spendIdentify('bot');
      await (await openAnother()).spendIdentify('bot');
      await log.spendIdentify('another');
      const use = await log.identifyUse('bot');
      expect(use.used).toBe(2);
      expect(use.resetsInMs).toBeGreaterThan(86_000_000);
      expect(use.sinceLastMs).toBeGreaterThanOrEqual(0);
      await sql("UPDATE identify_budget SET window_started_at = now() - interval '25 hours'");
      expect(await log.identifyUse('bot')).toMatchObject({ used: 0, sinceLastMs: null });
      await log.spendIdentify('bot');
      expect(await log.identifyUse('bot')).toMatchObject({ used: 1 });
    });
  });
}
