import type { BackfillChange } from '@dms/event-log';
import { snowflakeAtMs } from '@dms/protocol';
import { describe, expect, it } from '@jest/globals';
import {
  afterMessages,
  afterRefusal,
  afterThreads,
  beginnings,
  horizonMs,
  shownAgain,
  wantedSince,
} from '../src/backfill-plan.ts';

const NOW_MS = Date.parse('2026-11-20T12:00:00.000Z');
const DAY_MS = 86_400_000;
const id = (daysAgo: number): string => snowflakeAtMs(NOW_MS - daysAgo * DAY_MS);
const time = (daysAgo: number): string => new Date(NOW_MS - daysAgo * DAY_MS).toISOString();
const step = (overrides: Partial<BackfillChange> = {}): BackfillChange => ({
  ...{ kind: 'backfill', id: '10', guildId: '1', list: 'messages', cursor: id(1), isWhole: false, isDone: false },
  refused: null,
  ...overrides,
});
const TEXT = { channelId: '10', guildId: '1', parentId: null, type: 0, baselineMessageId: '99' };
const lists = (type: number): readonly string[] => beginnings({ ...TEXT, type }).map(({ list }) => list);
const since = (daysAgo: number) => ({ sinceMs: NOW_MS - daysAgo * DAY_MS, maxPage: 3 });

describe('what is imported of a channel', () => {
  it('depends on its type', () => {
    expect([0, 2, 5, 11, 13].map(lists)).toEqual([
      ...[['messages', 'public', 'private'], ['messages'], ['messages', 'public'], ['messages'], ['messages']],
    ]);
    expect([4, 14, 15, 16].map(lists)).toEqual([[], [], ['public'], ['public']]);
  });

  it('begins with the newest message of the first sighting, and is nothing when there was none', () => {
    expect(beginnings(TEXT)[0]).toMatchObject({ cursor: '100', isDone: false });
    expect(beginnings({ ...TEXT, baselineMessageId: null })[0]).toMatchObject({ isWhole: true, isDone: true });
  });

  it('goes back so many days, or to the beginning of time', () => {
    expect([horizonMs(2, NOW_MS), horizonMs(Number.POSITIVE_INFINITY, NOW_MS)]).toEqual([NOW_MS - 2 * DAY_MS, 0]);
    const reached = step({ cursor: id(10), isDone: true });
    expect(wantedSince(reached, NOW_MS - 9 * DAY_MS)).toBe(reached);
    expect(wantedSince(reached, NOW_MS - 11 * DAY_MS)).toMatchObject({ isDone: false });
    expect(wantedSince(step({ cursor: id(10) }), NOW_MS - 9 * DAY_MS)).toMatchObject({ isDone: true });
    expect(wantedSince(step({ cursor: id(10), isWhole: true, isDone: true }), 0)).toMatchObject({ isDone: true });
  });
});

describe('a page of messages', () => {
  const page = (...daysAgo: readonly number[]) => daysAgo.map((ago) => ({ id: id(ago) }));

  it('is imported newest first and leads to its oldest one', () => {
    const { wanted, next } = afterMessages(step(), page(4, 3, 2), since(9));
    expect(wanted).toEqual(page(2, 3, 4));
    expect(next).toEqual(step({ cursor: id(4) }));
  });

  it('is the last one when it is not full', () => {
    expect(afterMessages(step(), page(4, 3), since(9)).next).toEqual(
      step({ cursor: id(4), isWhole: true, isDone: true }),
    );
    expect(afterMessages(step(), [], since(9)).next).toEqual(step({ isWhole: true, isDone: true }));
  });

  it('is imported as far as it is wanted: what is older is left for another day', () => {
    const { wanted, next } = afterMessages(step(), page(4, 3, 2), since(3.5));
    expect(wanted).toEqual(page(2, 3));
    expect(next).toEqual(step({ cursor: id(3.5), isDone: true }));
    expect(afterMessages(step(), page(4, 3), since(3.5)).next).toMatchObject({ isWhole: false, isDone: true });
  });
});

describe('a page of archived threads', () => {
  const threads = (...daysAgo: readonly number[]) => daysAgo.map((ago) => ({ id: id(ago), archivedAt: time(ago) }));
  const listed = (list: 'public' | 'joined', cursor: string | null = null) => step({ list, cursor });
  const more = (daysAgo: number, hasMore = true) => ({ sinceMs: since(daysAgo).sinceMs, hasMore });

  it('leads to the time its last one was archived, until there are no more', () => {
    expect(afterThreads(listed('public'), threads(2, 3), more(9))).toEqual({
      wanted: threads(2, 3),
      next: listed('public', time(3)),
    });
    expect(afterThreads(listed('public'), threads(2, 3), more(9, false)).next).toMatchObject({ isWhole: true });
  });

  it('ends where nothing newer than wanted can follow', () => {
    const { wanted, next } = afterThreads(listed('public'), threads(2, 5), more(3));
    expect(wanted).toEqual(threads(2));
    expect(next).toMatchObject({ isWhole: false, isDone: true });
  });

  it('of joined ones is in the order of ids, and never ends early', () => {
    const page = [
      { id: id(2), archivedAt: time(1) },
      { id: id(8), archivedAt: time(7) },
    ];
    const { wanted, next } = afterThreads(listed('joined'), page, more(3));
    expect(wanted).toEqual(page);
    expect(next).toEqual(listed('joined', id(8)));
  });

  it('that promises more and does not go on is the last', () => {
    expect(afterThreads(listed('public', time(3)), threads(3), more(9)).next).toMatchObject({ isDone: true });
    expect(afterThreads(listed('public'), [], more(9)).next).toMatchObject({ isDone: true });
  });
});

describe('a refusal', () => {
  it('waits for a permission', () => {
    expect(afterRefusal(step(), 403)).toEqual({ next: step({ refused: 403 }), instead: null });
  });

  it('of private threads leaves those that the bot has joined', () => {
    const { next, instead } = afterRefusal(step({ list: 'private', cursor: null }), 403);
    expect(next).toMatchObject({ list: 'private', isDone: true });
    expect(instead).toEqual(step({ list: 'joined', cursor: null }));
    expect(afterRefusal(step({ list: 'joined', cursor: null }), 403)).toMatchObject({
      next: { isDone: true },
      instead: null,
    });
  });

  it('that is taken back begins anew with what was written meanwhile', () => {
    expect(shownAgain(step({ cursor: '50' }), '80')).toMatchObject({ cursor: '81' });
    expect(shownAgain(step({ cursor: '90' }), '80')).toMatchObject({ cursor: '90' });
    expect(shownAgain(step({ cursor: '90' }), null)).toMatchObject({ cursor: '90' });
  });
});
