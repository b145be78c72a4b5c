import { compareSnowflakes, snowflakeAtMs } from '@dms/protocol';
import type { Logger } from '@dms/runtime';
import { HistoryRefusedError } from './catch-up.ts';
import type { DiscordHistory } from './discord-rest.ts';
import { persistently } from './fetch-history.ts';
import { beginningOf, newer } from './missed-stretches.ts';
import type { Progress } from './progress.ts';
import { idAt, type JsonObject, objectAt, objectsIn, sanitise, stringAt } from './sanitise.ts';

/** Clocks differ, and a thread may have been archived just before its last message was dispatched. */
export const MARGIN_MS = 300_000;
/** Text, announcement, forum and media channels. */
const PARENT_TYPES: ReadonlySet<number> = new Set([0, 5, 15, 16]);
/** Only text channels have private threads. */
const TEXT_TYPE = 0;

export const mayHaveThreads = (channelType: number): boolean => PARENT_TYPES.has(channelType);

export interface FindThreadsDeps {
  readonly history: Pick<DiscordHistory, 'archivedThreads'>;
  readonly logger: Logger;
}

/** The threads of a channel that were archived since `sinceMs`: Discord names only active ones by itself. Private ones as far as
 *  the bot may see them. @throws HistoryRefusedError; when aborted. */
export async function findArchivedThreads(
  { channelId, type, sinceMs }: { readonly channelId: string; readonly type: number; readonly sinceMs: number },
  deps: FindThreadsDeps,
  signal: AbortSignal,
): Promise<readonly JsonObject[]> {
  const list = (kind: 'public' | 'private' | 'joined') => listArchived({ channelId, kind, sinceMs }, deps, signal);
  const shared = await list('public');
  if (shared === null) throw new HistoryRefusedError(403);
  if (type !== TEXT_TYPE) return shared;
  return [...shared, ...((await list('private')) ?? (await list('joined')) ?? [])];
}

/** Null when Discord refuses. */
async function listArchived(
  { channelId, kind, sinceMs }: { channelId: string; kind: 'public' | 'private' | 'joined'; sinceMs: number },
  deps: FindThreadsDeps,
  signal: AbortSignal,
): Promise<readonly JsonObject[] | null> {
  const found: JsonObject[] = [];
  for (let before: string | null = null; ; ) {
    const page = await persistently(
      () => deps.history.archivedThreads(channelId, kind, before, signal),
      { channelId, logger: deps.logger },
      signal,
    );
    if (page.kind === 'refused') return null;
    const threads = objectsIn(sanitise(page.threads));
    const recent = threads.filter((thread) => archivedAtMs(thread) >= sinceMs - MARGIN_MS);
    found.push(...recent);
    // Joined ones are in the order of their ids: one that was archived just now may be the last of many that were not.
    const isByTime = kind !== 'joined';
    const last = threads.at(-1);
    before = last === undefined ? null : isByTime ? archiveTimestamp(last) : idAt(last, 'id');
    if (!page.hasMore || (isByTime && recent.length < threads.length) || before === null) return found;
  }
}

export const archiveTimestamp = (thread: JsonObject): string | null =>
  stringAt(objectAt(thread, 'thread_metadata'), 'archive_timestamp');

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
