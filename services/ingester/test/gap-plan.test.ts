import type { CatchUpChange } from '@dms/event-log';
import { snowflakeAtMs } from '@dms/protocol';
import { expect, it } from '@jest/globals';
import { planGap } from '../src/gap-plan.ts';
import type { KnownChannel } from '../src/known-channels.ts';

const SINCE_MS = Date.parse('2026-11-22T12:00:00.000Z');
const DAY_MS = 86_400_000;
const GUILD = '1';
const gap = { id: '7', guildId: GUILD, reason: 'session_lost', sinceMs: SINCE_MS, isPlanned: false };
const daysBefore = (days: number): string => snowflakeAtMs(SINCE_MS - days * DAY_MS);

/** What is planned for channels that Discord does not name, by their ids. */
function planUnnamed(
  channels: Readonly<Record<string, { archivedDaysAgo?: number; newest?: string; earlier?: Partial<CatchUpChange> }>>,
) {
  const entries = Object.entries(channels);
  const known = entries.map(
    ([id, { archivedDaysAgo }]): KnownChannel => ({
      ...{ id, guildId: GUILD, parentId: null, type: 11 },
      archivedAtMs: archivedDaysAgo === undefined ? null : SINCE_MS - archivedDaysAgo * DAY_MS,
    }),
  );
  const before = new Map(
    entries.flatMap(([id, { earlier }]): [string, CatchUpChange][] =>
      earlier === undefined
        ? []
        : [
            [
              id,
              {
                ...{
                  kind: 'catch_up',
                  id,
                  gapId: gap.id,
                  guildId: GUILD,
                  phase: 'done',
                  cursorId: null,
                  newestId: '5',
                },
                ...{ examined: 9, ...earlier },
              },
            ],
          ],
    ),
  );
  const progress = { newest: (id: string) => channels[id]?.newest ?? null };
  const deps = { gap, before, missedAfter: new Map(), known, progress, isWatched: () => true };
  return planGap({ id: GUILD, channels: [], threads: [] }, deps).map(({ id, phase, cursorId, newestId, examined }) => [
    id,
    phase,
    cursorId,
    newestId,
    examined,
  ]);
}

it('what Discord does not name and is not archived is asked for', () => {
  expect(planUnnamed({ 10: {}, 11: { newest: daysBefore(100) } })).toEqual([
    ['10', 'presence', null, null, 0],
    ['11', 'presence', null, daysBefore(100), 0],
  ]);
});

it('archived threads are compared within seven days before the gap; the lists of their channel tell whether they are there', () => {
  const [recent, old] = [daysBefore(6), daysBefore(8)];
  expect(planUnnamed({ 10: { archivedDaysAgo: 1, newest: recent }, 11: { archivedDaysAgo: 1, newest: old } })).toEqual([
    ['10', 'look_back', null, recent, 0],
  ]);
});

it('what was planned before the gap grew begins anew with all that is stored by now, and keeps what is missing', () => {
  const newest = daysBefore(1);
  const archivedDaysAgo = 2;
  expect(
    planUnnamed({
      10: { newest, archivedDaysAgo, earlier: { phase: 'missed', cursorId: '4' } },
      11: { newest, archivedDaysAgo, earlier: { phase: 'presence', cursorId: '4' } },
      12: { newest, archivedDaysAgo, earlier: { phase: 'look_back', cursorId: '3' } },
      13: { newest, archivedDaysAgo, earlier: { phase: 'done' } },
    }),
  ).toEqual([
    ['10', 'presence', '4', newest, 0],
    ['11', 'presence', '4', newest, 0],
    ['12', 'presence', null, newest, 0],
    ['13', 'look_back', null, newest, 0],
  ]);
});
