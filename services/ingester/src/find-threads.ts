import { compareSnowflakes, snowflakeAtMs } from '@dms/protocol';
import type { Logger } from '@dms/runtime';
import { HistoryRefusedError } from './catch-up.ts';
import type { DiscordHistory } from './discord-rest.ts';
import { persistently } from './fetch-history.ts';
import type { KnownChannel } from './known-channels.ts';
import { beginningOf, newer } from './missed-stretches.ts';
import type { Progress } from './progress.ts';
import { idAt, type JsonObject, objectAt, objectsIn, sanitise, stringAt } from './sanitise.ts';

/** Clocks differ, and a thread may have been archived just before its last message was dispatched. */
export const MARGIN_MS = 300_000;
/** Text, announcement, forum and media channels. */
const PARENT_TYPES: ReadonlySet<number> = new Set([0, 5, 15, 16]);
/** Only text channels have private threads. */
const TEXT_TYPE = 0;
const PRIVATE_THREAD_TYPE = 12;

export const mayHaveThreads = (channelType: number): boolean => PARENT_TYPES.has(channelType);

export interface FindThreadsDeps {
  readonly history: Pick<DiscordHistory, 'archivedThreads'>;
  /** See `EventLog.stamp()`. */
  readonly stamp: () => number;
  readonly logger: Logger;
}

/** A thread as Discord lists it. */
export interface ListedThread {
  readonly thread: JsonObject;
  /** Of before it was asked for, so that whatever is dispatched meanwhile is newer. */
  readonly observedAt: number;
}

export interface Search {
  readonly channelId: string;
  readonly type: number;
  readonly sinceMs: number;
  /** Stored threads of the channel. Lists are read on, down to where each archived one of them is or would be. */
  readonly known: readonly KnownChannel[];
}

export interface ThreadFindings {
  /** Archived since. */
  readonly recent: readonly ListedThread[];
  /** Those of `known` that are archived as far as we know, and that Discord does not list. */
  readonly unlisted: readonly KnownChannel[];
}

/** The threads of a channel that were archived since `sinceMs`: Discord names only active ones by itself. Private ones as far as
 *  the bot may see them. @throws HistoryRefusedError; when aborted. */
export async function findArchivedThreads(
  search: Search,
  deps: FindThreadsDeps,
  signal: AbortSignal,
): Promise<ThreadFindings> {
  const archived = search.known.filter(({ archivedAtMs }) => archivedAtMs !== null);
  const unlisted = new Map(archived.map((thread) => [thread.id, thread]));
  const list = (kind: ThreadList) => listArchived(search, kind, unlisted, deps, signal);
  const found = await list('public');
  if (found === null) throw new HistoryRefusedError(403);
  if (search.type === TEXT_TYPE) found.push(...((await list('private')) ?? (await list('joined')) ?? []));
  return { recent: found, unlisted: [...unlisted.values()] };
}

type ThreadList = 'public' | 'private' | 'joined';

/** Takes what it comes across out of `unlisted`. Null when Discord refuses. */
async function listArchived(
  { channelId, sinceMs }: Search,
  kind: ThreadList,
  unlisted: Map<string, KnownChannel>,
  deps: FindThreadsDeps,
  signal: AbortSignal,
): Promise<ListedThread[] | null> {
  const recent: ListedThread[] = [];
  const isInList = ({ type }: KnownChannel): boolean => (type === PRIVATE_THREAD_TYPE) === (kind !== 'public');
  /** Nothing is wanted that was archived before. */
  const wantedFromMs = (): number =>
    [...unlisted.values()]
      .filter(isInList)
      .reduce((oldest, { archivedAtMs }) => Math.min(oldest, archivedAtMs ?? oldest), sinceMs - MARGIN_MS);
  for (let before: string | null = null; ; ) {
    const observedAt = deps.stamp();
    const page = await persistently(
      () => deps.history.archivedThreads(channelId, kind, before, signal),
      { channelId, logger: deps.logger },
      signal,
    );
    if (page.kind === 'refused') return null;
    const threads = objectsIn(sanitise(page.threads));
    for (const thread of threads) {
      if (archivedAtMs(thread) >= sinceMs - MARGIN_MS) recent.push({ thread, observedAt });
      unlisted.delete(idAt(thread, 'id') ?? '');
    }
    // Joined ones are in the order of their ids: one that was archived just now may be the last of many that were not.
    const isByTime = kind !== 'joined';
    const last = threads.at(-1);
    if (!page.hasMore || last === undefined) return recent;
    before = isByTime ? archiveTimestamp(last) : idAt(last, 'id');
    if (before === null || (isByTime && archivedAtMs(last) < wantedFromMs())) return recent;
  }
}

export const archiveTimestamp = (thread: JsonObject): string | null =>
  stringAt(objectAt(thread, 'thread_metadata'), 'archive_timestamp');

export const isArchived = (thread: JsonObject): boolean => objectAt(thread, 'thread_metadata')?.archived === true;

// One that does not say is looked at rather than missed.
const archivedAtMs = (thread: JsonObject): number => {
  const timeMs = Date.parse(archiveTimestamp(thread) ?? '');
  return Number.isNaN(timeMs) ? Number.POSITIVE_INFINITY : timeMs;
};

/** After which message the thread has to be fetched; null when nothing is missing. A thread never heard of is fetched from its
 *  beginning, yet not from before we last listened. */
export function missedInThread(thread: JsonObject, progress: Pick<Progress, 'cursor'>, sinceMs: number): string | null {
  const id = idAt(thread, 'id');
  const newestId = idAt(thread, 'last_message_id');
  if (id === null || newestId === null) return null;
  const cursor = progress.cursor(id);
  const afterId =
    cursor === undefined ? newer(beginningOf(id), snowflakeAtMs(sinceMs - MARGIN_MS)) : (cursor ?? beginningOf(id));
  return compareSnowflakes(newestId, afterId) > 0 ? afterId : null;
}
