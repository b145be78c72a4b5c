import type { CatchUpChange } from '@dms/event-log';
import { snowflakeAtMs } from '@dms/protocol';
import { expect, it } from '@jest/globals';
import { planGap, planReopened } from '../src/gap-plan.ts';
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
  const newest = (id: string): string | null => channels[id]?.newest ?? null;
  const progress = { newest, cursor: newest };
  const deps = { gap, before, missedAfter: new Map(), known, progress, isWatched: () => true };
  return planGap({ id: GUILD, channels: [], threads: [] }, deps).map(({ id, phase, cursorId, newestId, examined }) => [
    id,
    phase,
    cursorId,
    newestId,
    examined,
  ]);
}

it('what Discord does not name and is not archived is asked for, and fetched from where it had come', () => {
  expect(planUnnamed({ 10: {}, 11: { newest: daysBefore(100) } })).toEqual([
    ['10', 'presence', '9', null, 0],
    ['11', 'presence', daysBefore(100), daysBefore(100), 0],
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
    ['12', 'presence', newest, newest, 0],
    ['13', 'look_back', null, newest, 0],
  ]);
});

it('a thread that speaks up is fetched when it was archived or unknown, unless it is new, archived or in hand', () => {
  const [before, since] = [daysBefore(1), daysBefore(-1)];
  const plan = (
    thread: Readonly<Record<string, string | boolean | { readonly archived: boolean }>>,
    archivedAtMs?: number | null,
    phase?: CatchUpChange['phase'],
  ) => {
    const known = { id: '20', guildId: GUILD, parentId: '10', type: 11, archivedAtMs: archivedAtMs ?? null };
    const step = { kind: 'catch_up', id: '20', gapId: gap.id, guildId: GUILD, newestId: null, examined: 0 } as const;
    const planned = planReopened(
      { id: '20', last_message_id: since, ...thread },
      archivedAtMs === undefined ? undefined : known,
      {
        gap,
        before: new Map(phase === undefined ? [] : [['20', { ...step, phase, cursorId: '1' }]]),
        progress: { newest: () => before, cursor: () => (archivedAtMs === undefined ? undefined : before) },
      },
    );
    return planned && [planned.phase, planned.cursorId];
  };
  const fromSince = snowflakeAtMs(SINCE_MS - 300_000);
  expect([plan({}), plan({}, SINCE_MS), plan({}, SINCE_MS, 'look_back')]).toEqual([
    ['missed', fromSince],
    ['missed', before],
    ['missed', before],
  ]);
  expect([
    plan({ newly_created: true }),
    plan({ thread_metadata: { archived: true } }),
    plan({}, null),
    plan({ last_message_id: before }, SINCE_MS),
    plan({}, SINCE_MS, 'missed'),
    plan({}, SINCE_MS, 'presence'),
  ]).toEqual([null, null, null, null, null, null]);
});
