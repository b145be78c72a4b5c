import type { CatchUpChange, GapChange } from '@dms/event-log';
import { hashApiKey } from '@dms/runtime';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Express } from 'express';
import request from 'supertest';
import { createTestApp, UNREACHABLE_LOG } from './fixture.ts';
import { expectProblem } from './problem-matchers.ts';
import { channelChange, GUILD_ID, guildChange, messageChange, openRealLog, type RealLog } from './real-log.ts';

const OPENED_MS = Date.parse('2026-11-22T20:48:00.000Z');
const GAP_ID = String(OPENED_MS * 1_000);
const gap = { kind: 'gap', id: GAP_ID, guildId: GUILD_ID, reason: 'session_lost', unrecoverable: [] } as const;
const catchUp = (id: string, rest: Partial<CatchUpChange>): CatchUpChange => ({
  ...{ kind: 'catch_up', id, gapId: GAP_ID, guildId: GUILD_ID, phase: 'missed', cursorId: null, newestId: null },
  examined: 0,
  ...rest,
});

describe('/coverage', () => {
  let real: RealLog;
  let app: Express;

  const feedGap = async (state: GapChange['state']): Promise<void> => {
    await real.writer.append([{ ...gap, state, sinceMs: OPENED_MS - 60_000, observedAt: real.log.stamp() }]);
  };

  beforeAll(async () => {
    real = await openRealLog();
    await real.writer.append([
      guildChange(GUILD_ID),
      channelChange('4', GUILD_ID, 4),
      channelChange('10', GUILD_ID, 0, '4'),
      channelChange('11', GUILD_ID, 11, '10'),
      channelChange('20', GUILD_ID),
      ...['101', '102', '103'].map((id) => messageChange(real.log, { id, channelId: '10' })),
    ]);
    const apiKeys = [{ name: 'one', sha256: hashApiKey('key-20'), scopes: ['read'] as const, channelIds: ['20'] }];
    app = createTestApp({ log: real.log, access: { apiKeys } });
  });
  afterAll(() => real.stop());

  const GAP = {
    ...{ gap_id: GAP_ID, guild_id: GUILD_ID, reason: 'session_lost' },
    ...{ since: '2026-11-22T20:47:00.000Z', opened_at: '2026-11-22T20:48:00.000Z' },
  };
  const COMPLETE = { state: 'complete', phase: null, cursor: null, backfill: null };
  const EMPTY = { oldest_message_id: null, newest_message_id: null };

  it('says of each channel what is stored, and what is still being fetched while a gap is open', async () => {
    await feedGap('planned');
    await real.writer.append([catchUp('10', { cursorId: '102' }), catchUp('20', { phase: 'unrecoverable' })]);
    const open = await request(app).get('/coverage');
    expect(open.body).toEqual({
      channels: [
        {
          ...{
            channel_id: '10',
            guild_id: GUILD_ID,
            parent_id: null,
            oldest_message_id: '101',
            newest_message_id: '103',
          },
          ...{ state: 'catching_up', phase: 'missed', cursor: '102', backfill: null },
        },
        { channel_id: '11', guild_id: GUILD_ID, parent_id: '10', ...EMPTY, ...COMPLETE },
        { channel_id: '20', guild_id: GUILD_ID, parent_id: null, ...EMPTY, ...COMPLETE, state: 'unrecoverable' },
      ],
      gaps: [GAP],
    });

    await feedGap('closed');
    const closed = await request(app).get('/v1/coverage');
    expect(closed.body.gaps).toEqual([]);
    expect(closed.body.channels.map(({ state }: { state: string }) => state)).toEqual([
      ...['complete', 'complete', 'unrecoverable'],
    ]);
  });

  it('says how far the import of older history has come', async () => {
    const step = { kind: 'backfill', guildId: GUILD_ID, isWhole: false, isDone: false, refused: null } as const;
    await real.writer.append([
      { ...step, id: '10', list: 'messages', cursor: '1307338329292800000' },
      { ...step, id: '10', list: 'public', cursor: null, isWhole: true, isDone: true },
      { ...step, id: '11', list: 'messages', cursor: '102', isWhole: true, isDone: true },
      { ...step, id: '20', list: 'messages', cursor: '103', refused: 403 },
    ]);
    const { body } = await request(app).get('/coverage');
    expect(body.channels.map(({ backfill }: { backfill: unknown }) => backfill)).toEqual([
      {
        ...{ state: 'importing', cursor: '1307338329292800000', reached: '2024-11-16T13:35:46.875Z' },
        ...{ from_beginning: false, status: null },
      },
      expect.objectContaining({ state: 'complete', from_beginning: true }),
      expect.objectContaining({ state: 'refused', status: 403 }),
    ]);
  });

  it('shows a key only its channels', async () => {
    const { body } = await request(app).get('/coverage').set('X-API-Key', 'key-20');
    expect(body.channels.map(({ channel_id }: { channel_id: string }) => channel_id)).toEqual(['20']);
  });

  it('takes no parameters, and is honest about an absent database', async () => {
    expectProblem(await request(app).get('/coverage?channel_id=10'), 400);
    expectProblem(await request(createTestApp({ log: UNREACHABLE_LOG })).get('/coverage'), 503);
  });
});
