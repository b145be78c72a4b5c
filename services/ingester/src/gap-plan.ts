import type { CatchUpChange, OpenGap } from '@dms/event-log';
import { compareSnowflakes, snowflakeAtMs } from '@dms/protocol';
import { LOOK_BACK_DAYS } from './catch-up.ts';
import { isArchived, mayHaveThreads, missedInThread } from './find-threads.ts';
import type { KnownChannel } from './known-channels.ts';
import { beginningOf } from './missed-stretches.ts';
import type { Progress } from './progress.ts';
import { idAt, type JsonObject, numberAt, objectsIn } from './sanitise.ts';

// What there is to do to close a gap, decided purely when Discord describes the guild.

const DAY_MS = 86_400_000;

export interface PlanDeps {
  readonly gap: OpenGap;
  /** What was planned before the gap grew, by channel. */
  readonly before: ReadonlyMap<string, CatchUpChange>;
  /** Channels that moved, and after which message. */
  readonly missedAfter: ReadonlyMap<string, string>;
  /** Of the guild, and watched. */
  readonly known: readonly KnownChannel[];
  readonly progress: Pick<Progress, 'newest' | 'cursor'>;
  readonly isWatched: (channelId: string, guildId: string) => boolean;
}

/** There is, or may be, a hole behind its cursor. */
export const isFetching = ({ phase }: CatchUpChange): boolean => phase === 'missed' || phase === 'presence';

export const isOver = ({ phase }: CatchUpChange): boolean => phase === 'done' || phase === 'unrecoverable';

/** Since when something may have been missed, milliseconds since the Unix epoch. */
export const sinceOf = (gap: OpenGap): number => gap.sinceMs ?? Number(gap.id) / 1_000 - LOOK_BACK_DAYS * DAY_MS;

/** A step that is nowhere yet; `look_back` begins at what is stored by now. */
export const beginStep = (
  id: string,
  gap: OpenGap,
  progress: Pick<Progress, 'newest'>,
): Omit<CatchUpChange, 'phase'> => ({
  ...{ kind: 'catch_up', id, gapId: gap.id, guildId: gap.guildId },
  ...{ cursorId: null, newestId: progress.newest(id), examined: 0 },
});

/** Whether it is there comes first, then what is missing of it: of one that is in no list nobody says what its newest message is. */
export function askFor(
  id: string,
  gap: OpenGap,
  earlier: CatchUpChange | undefined,
  progress: Pick<Progress, 'newest' | 'cursor'>,
): CatchUpChange {
  const known = earlier !== undefined && isFetching(earlier) ? earlier.cursorId : progress.cursor(id);
  return { ...beginStep(id, gap, progress), phase: 'presence', cursorId: known ?? beginningOf(id) };
}

/** What is missing of a thread that Discord says something of by itself; null for nothing. One that was archived when the guild was
 *  described, and is not any more, is in no list that is read from now on. */
export function planReopened(
  thread: JsonObject,
  known: KnownChannel | undefined,
  { gap, before, progress }: Pick<PlanDeps, 'gap' | 'before' | 'progress'>,
): CatchUpChange | null {
  const id = idAt(thread, 'id');
  if (id === null || isArchived(thread) || thread.newly_created === true) return null;
  // One that was active is named by the description, or asked for.
  if (known !== undefined && known.archivedAtMs === null) return null;
  const step = before.get(id);
  const afterId = missedInThread(thread, progress, sinceOf(gap));
  if (afterId === null || (step !== undefined && isFetching(step))) return null;
  return { ...beginStep(id, gap, progress), phase: 'missed', cursorId: afterId };
}

/** What there is to do for a thread that was archived since; null for nothing that is not planned already. */
export function planListed(
  thread: JsonObject,
  { gap, before, progress }: Pick<PlanDeps, 'gap' | 'before' | 'progress'>,
): CatchUpChange | null {
  const id = idAt(thread, 'id');
  if (id === null) return null;
  const known = before.get(id);
  const afterId = missedInThread(thread, progress, sinceOf(gap));
  // One that was caught up before may have gone on, and been archived, while the gap grew.
  if (known !== undefined && (afterId === null || isFetching(known))) return null;
  const step = beginStep(id, gap, progress);
  return afterId === null ? { ...step, phase: 'look_back' } : { ...step, phase: 'missed', cursorId: afterId };
}

const describedIn = (guild: JsonObject): readonly JsonObject[] => [
  ...objectsIn(guild.channels),
  ...objectsIn(guild.threads),
];

/** Known channels and threads that Discord, describing the guild, does not name. Archived threads it never names. */
export function unnamedIn(guild: JsonObject, known: readonly KnownChannel[]): readonly KnownChannel[] {
  const named = new Set(describedIn(guild).map((channel) => idAt(channel, 'id')));
  return known.filter(({ id }) => !named.has(id));
}

/** The first step of each channel and thread of the guild for which there is something to do. */
export function planGap(guild: JsonObject, deps: PlanDeps): readonly CatchUpChange[] {
  const named = describedIn(guild).flatMap((channel) => planNamed(channel, deps) ?? []);
  const unnamed = unnamedIn(guild, deps.known).flatMap((channel) => planUnnamed(channel, deps) ?? []);
  return [...named, ...unnamed];
}

function isInWindow(messageId: string | null, gap: OpenGap): boolean {
  const windowStart = snowflakeAtMs(sinceOf(gap) - LOOK_BACK_DAYS * DAY_MS);
  return messageId !== null && compareSnowflakes(messageId, windowStart) >= 0;
}

function planNamed(channel: JsonObject, { gap, missedAfter, progress, isWatched }: PlanDeps): CatchUpChange | null {
  const id = idAt(channel, 'id');
  if (id === null || !isWatched(id, gap.guildId)) return null;
  const step = beginStep(id, gap, progress);
  const afterId = missedAfter.get(id);
  if (afterId !== undefined) return { ...step, phase: 'missed', cursorId: afterId };
  if (isInWindow(step.newestId, gap)) return { ...step, phase: 'look_back' };
  return mayHaveThreads(numberAt(channel, 'type') ?? 0) ? { ...step, phase: 'threads' } : null;
}

/** Archived, hidden or deleted meanwhile. What was planned of it before is compared anew, with all that is stored by now. */
function planUnnamed({ id, archivedAtMs }: KnownChannel, { gap, before, progress }: PlanDeps): CatchUpChange | null {
  const earlier = before.get(id);
  const isUnfinished = earlier !== undefined && !isOver(earlier);
  if (archivedAtMs === null || isUnfinished) return askFor(id, gap, earlier, progress);
  // Whether it is there is told by the list of its channel.
  const step = beginStep(id, gap, progress);
  return isInWindow(step.newestId, gap) ? { ...step, phase: 'look_back' } : null;
}
