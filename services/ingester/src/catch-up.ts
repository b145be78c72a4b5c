import { setTimeout as sleep } from 'node:timers/promises';
import type { CatchUpChange, EventLog } from '@dms/event-log';
import { compareSnowflakes, type Origin, snowflakeAtMs } from '@dms/protocol';
import type { Logger } from '@dms/runtime';
import { type DiscordHistory, MAX_HISTORY_PAGE } from './discord-rest.ts';
import { ascending, persistently } from './fetch-history.ts';
import type { JsonObject } from './sanitise.ts';
import { reached } from './steps.ts';

const ROOM_INTERVAL_MS = 50;
/** Stored messages compared with one page of Discord's. */
const COMPARED_MESSAGES = 100;
const DAY_MS = 86_400_000;
/** How far back edits and deletes that were missed are looked for. */
export const LOOK_BACK_DAYS = 7;

export interface CatchUpDeps {
  readonly history: DiscordHistory;
  readonly log: Pick<EventLog, 'stamp' | 'storedMessageIds'>;
  /** Feeds messages and progress in this order; throws when nothing more is taken. */
  readonly feed: (
    type: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE' | 'MESSAGE_DELETE',
    data: JsonObject,
    when: Observed,
  ) => void;
  /** Stores how far the channel has come, behind what was fed before; throws as `feed`. */
  readonly advance: (to: CatchUpChange) => void;
  /** History waits while this is false: live dispatches need the room. */
  readonly hasRoom: () => boolean;
  /** Most stored messages of a channel that are compared; 0 = none. */
  readonly lookBackMessages: number;
  readonly logger: Logger;
}

export interface Observed {
  readonly origin: Origin;
  readonly observedAt: number;
}

/** Since when something may have been missed, milliseconds since the Unix epoch. */
export interface Since {
  readonly sinceMs: number;
}

/** Discord refuses the channel: it ends as unrecoverable. */
export class HistoryRefusedError extends Error {
  readonly code = 'HISTORY_REFUSED';
  readonly status: number;
  constructor(status: number) {
    super(`Discord refuses the history of the channel (${status})`);
    this.name = 'HistoryRefusedError';
    this.status = status;
  }
}

const untilRoom = async (deps: CatchUpDeps, signal: AbortSignal): Promise<void> => {
  while (!deps.hasRoom()) await sleep(ROOM_INTERVAL_MS, undefined, { signal });
};

/** Fetches what came after the cursor, oldest first, a page at a time; each page is stored together with the new cursor. Returns
 *  the next phase. @throws HistoryRefusedError; whatever `feed` throws; when aborted. */
export async function fetchMissed(from: CatchUpChange, deps: CatchUpDeps, signal: AbortSignal): Promise<CatchUpChange> {
  const { id: channelId, guildId } = from;
  for (let step = from; ; ) {
    await untilRoom(deps, signal);
    const after = step.cursorId ?? '0';
    // Stamped before asking: a live edit that arrives meanwhile is newer than the page.
    const observed: Observed = { origin: 'backfill', observedAt: deps.log.stamp() };
    const answer = await persistently(
      () => deps.history.messages(channelId, { after }, signal),
      { channelId, logger: deps.logger },
      signal,
    );
    if (answer.kind === 'refused') throw new HistoryRefusedError(answer.status);
    const page = ascending(answer.messages).filter(({ id }) => compareSnowflakes(id, after) > 0);
    // Without the permission to read the history Discord answers with an empty page instead of a refusal.
    if (page.length === 0 && step === from) await assertReadable(channelId, after, deps, signal);
    for (const { message } of page) deps.feed('MESSAGE_CREATE', { ...message, guild_id: guildId }, observed);
    const isEnd = page.length < MAX_HISTORY_PAGE;
    const cursorId = page.at(-1)?.id ?? step.cursorId;
    step = isEnd ? { ...step, phase: 'look_back', cursorId: null } : { ...step, cursorId };
    reached('page-fetched');
    deps.advance(step);
    if (isEnd) return step;
  }
}

async function assertReadable(channelId: string, messageId: string, deps: CatchUpDeps, signal: AbortSignal) {
  const answer = await persistently(
    () => deps.history.hasMessage(channelId, messageId, signal),
    { channelId, logger: deps.logger },
    signal,
  );
  if (answer === null) throw new HistoryRefusedError(403);
}

/** Compares stored messages with what Discord shows now, newest first, and feeds the edits and deletes that were missed, and the
 *  messages between stored ones: Discord may have lost a dispatch, or have hidden the channel for a while. Goes back seven days
 *  before the gap, or as many stored messages as wanted, whatever ends first. Returns the next phase. @throws as `fetchMissed`. */
export async function lookBack(
  from: CatchUpChange,
  { sinceMs }: Since,
  deps: CatchUpDeps,
  signal: AbortSignal,
): Promise<CatchUpChange> {
  const { id: channelId } = from;
  const fromId = snowflakeAtMs(sinceMs - LOOK_BACK_DAYS * DAY_MS);
  for (let step = from; ; ) {
    await untilRoom(deps, signal);
    const limit = Math.min(COMPARED_MESSAGES, deps.lookBackMessages - step.examined);
    const beforeId = step.cursorId ?? justAbove(step.newestId);
    const range = { channelId, fromId, beforeId, limit };
    // Read before Discord is asked, so that whatever is written meanwhile is not taken for deleted.
    const stored =
      limit <= 0
        ? []
        : await persistently(() => deps.log.storedMessageIds(range), { channelId, logger: deps.logger }, signal);
    const { examined, reachedId } = await comparePage(step, stored, beforeId, deps, signal);
    const isEnd = examined === stored.length && stored.length < COMPARED_MESSAGES;
    const phase = isEnd ? 'threads' : 'look_back';
    step = { ...step, cursorId: reachedId ?? step.cursorId, examined: step.examined + examined, phase };
    reached('page-compared');
    deps.advance(step);
    if (isEnd) return step;
  }
}

const justAbove = (id: string | null): string => (BigInt(id ?? '0') + 1n).toString();

/** Compares the stored ones (newest first) that one page of Discord's covers: how many, and down to which message. */
async function comparePage(
  { id: channelId, guildId }: CatchUpChange,
  stored: readonly string[],
  before: string,
  deps: CatchUpDeps,
  signal: AbortSignal,
): Promise<{ readonly examined: number; readonly reachedId: string | null }> {
  const lowest = stored.at(-1);
  if (lowest === undefined) return { examined: 0, reachedId: null };
  const observed: Observed = { origin: 'reconcile', observedAt: deps.log.stamp() };
  const answer = await persistently(
    () => deps.history.messages(channelId, { before }, signal),
    { channelId, logger: deps.logger },
    signal,
  );
  if (answer.kind === 'refused') throw new HistoryRefusedError(answer.status);
  const page = new Map(ascending(answer.messages).map(({ id, message }) => [id, message]));
  const oldest = page.size < MAX_HISTORY_PAGE ? '0' : ([...page.keys()][0] ?? '0');
  const covered = stored.filter((id) => compareSnowflakes(id, oldest) >= 0);
  const gone = covered.filter((id) => !page.has(id));
  // A delete is for ever, and a page may be short for other reasons: one of them is asked for by name.
  const isBelieved = gone.length === 0 || (await isGone(channelId, gone[0] ?? '0', deps, signal));
  for (const id of covered) {
    const message = page.get(id);
    if (message !== undefined) deps.feed('MESSAGE_UPDATE', { ...message, guild_id: guildId }, observed);
    else if (isBelieved) deps.feed('MESSAGE_DELETE', { id, channel_id: channelId, guild_id: guildId }, observed);
  }
  const known = new Set(stored);
  for (const [id, message] of page) {
    // What is older than all that is stored was before us.
    const isMissing = !known.has(id) && compareSnowflakes(id, lowest) > 0;
    if (isMissing) deps.feed('MESSAGE_CREATE', { ...message, guild_id: guildId }, observed);
  }
  return { examined: covered.length, reachedId: compareSnowflakes(oldest, lowest) > 0 ? oldest : lowest };
}

async function isGone(channelId: string, messageId: string, deps: CatchUpDeps, signal: AbortSignal): Promise<boolean> {
  const has = await persistently(
    () => deps.history.hasMessage(channelId, messageId, signal),
    { channelId, logger: deps.logger },
    signal,
  );
  if (has === null) throw new HistoryRefusedError(403);
  if (has) deps.logger.warn('history contradicts itself, nothing is taken for deleted', { channelId });
  return !has;
}
