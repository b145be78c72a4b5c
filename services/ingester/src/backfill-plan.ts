import type { BackfillChange, BackfillList, BackfillTarget } from '@dms/event-log';
import { compareSnowflakes, snowflakeAtMs, snowflakeTimeMs } from '@dms/protocol';
import { MARGIN_MS, mayHaveThreads } from './find-threads.ts';

// What the import of older history decides, purely.

/** Categories, directories, forums and media channels: they have no messages. */
const NO_MESSAGES: ReadonlySet<number> = new Set([4, 14, 15, 16]);
/** Only text channels have private threads. */
const TEXT_TYPE = 0;
const DAY_MS = 86_400_000;

/** From when on history is wanted, milliseconds since the Unix epoch: 0 for everything. */
export const horizonMs = (days: number, nowMs: number): number => Math.max(0, Math.floor(nowMs - days * DAY_MS));

/** Where the import of one list of a channel begins; none is done before it began, unless there is nothing. */
export function beginnings({ channelId, guildId, type, baselineMessageId }: BackfillTarget): readonly BackfillChange[] {
  const begin = (list: BackfillList): BackfillChange => ({
    ...{ kind: 'backfill', id: channelId, guildId, list, cursor: null, isWhole: false, isDone: false, refused: null },
  });
  const lists: BackfillChange[] = [];
  if (!NO_MESSAGES.has(type)) {
    const isEmpty = baselineMessageId === null;
    const cursor = (BigInt(baselineMessageId ?? channelId) + 1n).toString();
    lists.push({ ...begin('messages'), cursor, isWhole: isEmpty, isDone: isEmpty });
  }
  if (mayHaveThreads(type)) lists.push(begin('public'));
  if (type === TEXT_TYPE) lists.push(begin('private'));
  return lists;
}

/** To what moment a list is imported; infinite when it has not begun. */
export function reachedMs({ list, cursor }: BackfillChange): number {
  if (cursor === null) return Number.POSITIVE_INFINITY;
  return list === 'messages' || list === 'joined' ? snowflakeTimeMs(cursor) : Date.parse(cursor);
}

/** Threads are wanted from a little earlier on. */
const listedFromMs = ({ list }: BackfillChange, sinceMs: number): number =>
  list === 'messages' ? sinceMs : Math.max(0, sinceMs - MARGIN_MS);

/** The same list when history is wanted from `sinceMs` on, which may be more or less than before. */
export function wantedSince(step: BackfillChange, sinceMs: number): BackfillChange {
  // Joined threads are in the order of their ids, so that the last may be the one that was archived just now.
  const isReached = step.list !== 'joined' && reachedMs(step) <= listedFromMs(step, sinceMs);
  const isDone = step.isWhole || isReached;
  return isDone === step.isDone ? step : { ...step, isDone };
}

/** What follows from a page of messages: those to be imported, newest first, and how far that is. */
export function afterMessages<T extends { readonly id: string }>(
  step: BackfillChange,
  ascendingPage: readonly T[],
  { sinceMs, maxPage }: { readonly sinceMs: number; readonly maxPage: number },
): { readonly wanted: readonly T[]; readonly next: BackfillChange } {
  const sinceId = snowflakeAtMs(sinceMs);
  const wanted = ascendingPage.filter(({ id }) => compareSnowflakes(id, sinceId) >= 0);
  const isBeyond = wanted.length < ascendingPage.length;
  const isWhole = !isBeyond && ascendingPage.length < maxPage;
  const cursor = isBeyond ? sinceId : (wanted[0]?.id ?? step.cursor);
  const next = wantedSince({ ...step, cursor, isWhole, refused: null }, sinceMs);
  return { wanted: wanted.toReversed(), next };
}

/** Where a list that was refused goes on when Discord shows the channel again: whatever was written meanwhile was not dispatched. */
export function shownAgain(step: BackfillChange, newestId: string | null): BackfillChange {
  if (step.list !== 'messages' || newestId === null || step.cursor === null) return step;
  const cursor = (BigInt(newestId) + 1n).toString();
  return compareSnowflakes(cursor, step.cursor) > 0 ? { ...step, cursor } : step;
}

/** An archived thread, as far as the list of them asks. */
export interface ListedThread {
  readonly id: string;
  /** RFC 3339, as Discord writes it; null when it does not say. */
  readonly archivedAt: string | null;
}

/** What follows from a page of archived threads, latest archived first: those to be learned, and how far that is. */
export function afterThreads<T extends ListedThread>(
  step: BackfillChange,
  page: readonly T[],
  { sinceMs, hasMore }: { readonly sinceMs: number; readonly hasMore: boolean },
): { readonly wanted: readonly T[]; readonly next: BackfillChange } {
  const fromMs = listedFromMs(step, sinceMs);
  const isRecent = ({ archivedAt }: T): boolean => !(Date.parse(archivedAt ?? '') < fromMs);
  const wanted = step.list === 'joined' ? page : page.filter(isRecent);
  const isBeyond = wanted.length < page.length;
  const last = page.at(-1);
  const lastCursor = (step.list === 'joined' ? last?.id : last?.archivedAt) ?? null;
  // A list that says there is more and does not go on would never end.
  const isWhole = !isBeyond && (!hasMore || lastCursor === null || lastCursor === step.cursor);
  const cursor = isBeyond ? new Date(fromMs).toISOString() : (lastCursor ?? step.cursor);
  return { wanted, next: wantedSince({ ...step, cursor, isWhole, refused: null }, sinceMs) };
}

/** What follows when Discord refuses a list: it waits for a permission, or (private threads) another one is asked for. */
export function afterRefusal(
  step: BackfillChange,
  status: number,
): { readonly next: BackfillChange; readonly instead: BackfillChange | null } {
  const isPrivate = step.list === 'private' || step.list === 'joined';
  const next = { ...step, refused: status, isDone: isPrivate };
  return {
    next,
    instead: step.list === 'private' ? { ...step, list: 'joined', cursor: null, isWhole: false, refused: null } : null,
  };
}
