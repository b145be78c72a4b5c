import type { CatchUpChange } from '@dms/event-log';
import { snowflakeAtMs } from '@dms/protocol';
import { checkLeaks } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { type CatchUpDeps, fetchMissed, lookBack } from '../src/catch-up.ts';
import type { DiscordHistory } from '../src/discord-rest.ts';
import { stringAt } from '../src/sanitise.ts';
import { recordingLogger } from './support/recording-logger.ts';

checkLeaks();

const SINCE_MS = Date.parse('2026-11-22T12:00:00.000Z');
const BASE = BigInt(snowflakeAtMs(SINCE_MS - 3_600_000));
/** Ids an hour before the gap, so that they lie in the window. */
const id = (n: number): string => (BASE + BigInt(n)).toString();
const number = (text: string | null): number => Number(BigInt(text ?? '0') - BASE);
const range = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

interface World {
  /** What Discord shows; undefined: it refuses. */
  readonly shown: readonly number[] | undefined;
  readonly stored?: readonly number[];
  /** Answers the question for a single message; by default what is shown. */
  readonly hasMessage?: (n: number) => boolean | null;
  readonly lookBackMessages?: number;
}

function setUp({ shown, stored = [], hasMessage, lookBackMessages = 500 }: World) {
  const asked: string[] = [];
  const fed: string[] = [];
  const advanced: CatchUpChange[] = [];
  const stamps: number[] = [];
  let now = 0;
  const page = (ids: readonly number[]) => ids.toSorted((a, b) => b - a).map((n) => ({ id: id(n), content: 'x' }));
  const history: DiscordHistory = {
    async messages(_channelId, where) {
      if (shown === undefined) return { kind: 'refused', status: 403 };
      if ('after' in where) {
        asked.push(`after ${number(where.after)}`);
        return { kind: 'page', messages: page(shown.filter((n) => n > number(where.after)).slice(0, 100)) };
      }
      asked.push(`before ${number(where.before)}`);
      return { kind: 'page', messages: page(shown.filter((n) => n < number(where.before)).slice(-100)) };
    },
    async hasMessage(_channelId, messageId) {
      asked.push(`has ${number(messageId)}`);
      return hasMessage === undefined ? (shown?.includes(number(messageId)) ?? null) : hasMessage(number(messageId));
    },
    hasChannel: async () => true,
    archivedThreads: async () => ({ kind: 'page', threads: [], hasMore: false }),
  };
  const deps: CatchUpDeps = {
    history,
    log: {
      stamp: () => ++now,
      async storedMessageIds({ fromId, beforeId, limit }) {
        const ids = stored.filter(
          (n) => BigInt(id(n)) >= BigInt(fromId) && (beforeId === null || n < number(beforeId)),
        );
        return ids
          .toSorted((a, b) => b - a)
          .slice(0, limit)
          .map(id);
      },
    },
    feed(type, data, { origin, observedAt }) {
      fed.push(`${origin} ${type.replace('MESSAGE_', '')} ${number(stringAt(data, 'id'))}`);
      stamps.push(observedAt);
    },
    advance: (to) => void advanced.push(to),
    hasRoom: () => true,
    lookBackMessages,
    logger: recordingLogger(),
  };
  const from = (overrides: Partial<CatchUpChange>): CatchUpChange => ({
    ...{ kind: 'catch_up', id: '10', gapId: '1', guildId: '100', phase: 'missed', cursorId: null, newestId: null },
    examined: 0,
    ...overrides,
  });
  const { signal } = new AbortController();
  return {
    asked,
    fed,
    advanced,
    stamps,
    missed: (after: number) => fetchMissed(from({ cursorId: id(after), newestId: id(after) }), deps, signal),
    lookBack: (newest: number) =>
      lookBack(from({ phase: 'look_back', newestId: id(newest) }), { sinceMs: SINCE_MS }, deps, signal),
  };
}

describe('what was missed', () => {
  it('is fed oldest first, page by page, each with the place it leads to', async () => {
    const { missed, asked, fed, advanced, stamps } = setUp({ shown: range(1, 260) });
    const next = await missed(10);
    expect(fed).toEqual(range(11, 260).map((n) => `backfill CREATE ${n}`));
    expect(asked).toEqual(['after 10', 'after 110', 'after 210']);
    expect(advanced.map(({ phase, cursorId }) => [phase, cursorId && number(cursorId)])).toEqual([
      ...[
        ['missed', 110],
        ['missed', 210],
        ['look_back', null],
      ],
    ]);
    expect(next).toMatchObject({ phase: 'look_back', newestId: id(10) });
    // A page is as old as its request, so that a live edit meanwhile is newer.
    expect(new Set(stamps)).toEqual(new Set([1, 2, 3]));
  });

  it('may be nothing: the last message was deleted', async () => {
    const { missed, asked } = setUp({ shown: [10] });
    expect(await missed(10)).toMatchObject({ phase: 'look_back' });
    expect(asked).toEqual(['after 10', 'has 10']);
  });

  it('is refused, openly or by an empty page', async () => {
    await expect(setUp({ shown: undefined }).missed(10)).rejects.toMatchObject({
      code: 'HISTORY_REFUSED',
      status: 403,
    });
    await expect(setUp({ shown: [], hasMessage: () => null }).missed(10)).rejects.toMatchObject({ status: 403 });
  });
});

describe('looking back', () => {
  it('feeds what Discord still shows, and deletes of what it does not show any more', async () => {
    const { lookBack: run, fed, asked } = setUp({ shown: [1, 2, 4, 6], stored: [2, 3, 4, 5] });
    expect(await run(5)).toMatchObject({ phase: 'threads', examined: 4 });
    // Newest first, as it is read. Not 1 and 6: what came later is fetched, history from before us is not.
    expect(fed).toEqual(['reconcile DELETE 5', 'reconcile UPDATE 4', 'reconcile DELETE 3', 'reconcile UPDATE 2']);
    expect(asked).toEqual(['before 6', 'has 5']);
  });

  it('walks page by page to its limit', async () => {
    const {
      lookBack: run,
      fed,
      asked,
    } = setUp({
      ...{ shown: range(1, 400), stored: range(1, 400), lookBackMessages: 250 },
    });
    expect(await run(400)).toMatchObject({ phase: 'threads', examined: 250 });
    expect(fed).toHaveLength(250);
    expect(asked).toEqual(['before 401', 'before 301', 'before 201']);
  });

  it('finds what is missing between stored messages, however much, and nothing from before them', async () => {
    const shown = range(1, 450);
    const stored = [10, ...range(301, 450).filter((n) => n % 10 === 0)];
    const { lookBack: run, fed, asked } = setUp({ shown, stored });
    expect(await run(450)).toMatchObject({ phase: 'threads', examined: stored.length });
    const ofType = (type: string): readonly number[] =>
      fed.filter((line) => line.includes(type)).map((line) => Number(line.split(' ').at(-1)));
    expect(ofType('reconcile UPDATE')).toEqual(stored.toSorted((a, b) => b - a));
    expect(ofType('reconcile CREATE').toSorted((a, b) => a - b)).toEqual(
      range(11, 450).filter((n) => !stored.includes(n)),
    );
    expect(asked).toEqual(['before 451', 'before 351', 'before 251', 'before 151', 'before 51']);
  });

  it('is off with a limit of 0, and ends at the window’s edge', async () => {
    const off = setUp({ shown: [1], stored: [1], lookBackMessages: 0 });
    expect(await off.lookBack(1)).toMatchObject({ phase: 'threads', examined: 0 });
    const eightDaysBefore = -8 * 86_400_000 * 2 ** 22;
    const old = setUp({ shown: [], stored: [eightDaysBefore] });
    await old.lookBack(1);
    expect([off.asked, old.asked, old.fed]).toEqual([[], [], []]);
  });

  it('takes nothing for deleted when Discord contradicts itself, and gives up when it does not say', async () => {
    const contradicting = setUp({ shown: [], stored: [1, 2], hasMessage: () => true });
    expect(await contradicting.lookBack(2)).toMatchObject({ phase: 'threads' });
    expect(contradicting.fed).toEqual([]);
    // The permission to read the history was taken away: every page is empty.
    const silent = setUp({ shown: [], stored: [1, 2], hasMessage: () => null });
    await expect(silent.lookBack(2)).rejects.toMatchObject({ code: 'HISTORY_REFUSED' });
    expect(silent.fed).toEqual([]);
  });
});
