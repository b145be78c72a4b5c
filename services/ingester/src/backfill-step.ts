import type { BackfillChange } from '@dms/event-log';
import { compareSnowflakes } from '@dms/protocol';
import { afterMessages, afterThreads } from './backfill-plan.ts';
import type { Observed } from './catch-up.ts';
import { type DiscordHistory, MAX_HISTORY_PAGE } from './discord-rest.ts';
import { ascending } from './fetch-history.ts';
import { archiveTimestamp } from './find-threads.ts';
import { idAt, type JsonObject, objectsIn, sanitise } from './sanitise.ts';

/** What Discord answered for the next page of a list, and what follows from it. */
export type BackfillPage =
  | {
      readonly kind: 'messages';
      readonly messages: readonly JsonObject[];
      readonly observed: Observed;
      readonly next: BackfillChange;
    }
  | {
      readonly kind: 'threads';
      readonly threads: readonly JsonObject[];
      readonly observedAt: number;
      readonly next: BackfillChange;
    }
  | { readonly kind: 'refused'; readonly status: number };

export interface BackfillStepDeps {
  readonly history: Pick<DiscordHistory, 'messages' | 'hasMessage' | 'archivedThreads'>;
  /** See `EventLog.stamp()`. */
  readonly stamp: () => number;
}

/** Asks Discord once for what comes next in a list that is not done. @throws for outages and when aborted. */
export function fetchPage(
  step: BackfillChange,
  sinceMs: number,
  deps: BackfillStepDeps,
  signal: AbortSignal,
): Promise<BackfillPage> {
  return step.list === 'messages'
    ? fetchMessages(step, sinceMs, deps, signal)
    : listThreads(step, step.list, sinceMs, deps, signal);
}

async function fetchMessages(
  step: BackfillChange,
  sinceMs: number,
  { history, stamp }: BackfillStepDeps,
  signal: AbortSignal,
): Promise<BackfillPage> {
  const { id: channelId, guildId } = step;
  const before = step.cursor ?? '0';
  // Stamped before asking: a live edit that arrives meanwhile is newer than the page.
  const observed: Observed = { origin: 'backfill', observedAt: stamp() };
  const answer = await history.messages(channelId, { before }, signal);
  if (answer.kind === 'refused') return answer;
  const page = ascending(answer.messages).filter(({ id }) => compareSnowflakes(id, before) < 0);
  // Without the permission to read the history Discord answers with an empty page instead of a refusal.
  if (page.length === 0 && (await history.hasMessage(channelId, channelId, signal)) === null) {
    return { kind: 'refused', status: 403 };
  }
  const { wanted, next } = afterMessages(step, page, { sinceMs, maxPage: MAX_HISTORY_PAGE });
  // The page is ours alone, and a copy of each message would cost as much as everything else here.
  const messages = wanted.map(({ message }) => Object.assign(message, { guild_id: guildId }));
  return { kind: 'messages', messages, observed, next };
}

async function listThreads(
  step: BackfillChange,
  list: 'public' | 'private' | 'joined',
  sinceMs: number,
  { history, stamp }: BackfillStepDeps,
  signal: AbortSignal,
): Promise<BackfillPage> {
  const { id: channelId, guildId } = step;
  const observedAt = stamp();
  const answer = await history.archivedThreads(channelId, list, step.cursor, signal);
  if (answer.kind === 'refused') return answer;
  const page = objectsIn(sanitise(answer.threads)).flatMap((thread) => {
    const id = idAt(thread, 'id');
    return id === null ? [] : [{ id, archivedAt: archiveTimestamp(thread), thread }];
  });
  const { wanted, next } = afterThreads(step, page, { sinceMs, hasMore: answer.hasMore });
  return { kind: 'threads', threads: wanted.map(({ thread }) => ({ ...thread, guild_id: guildId })), observedAt, next };
}
