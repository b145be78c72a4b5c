import { setTimeout as sleep } from 'node:timers/promises';
import { compareSnowflakes } from '@dms/protocol';
import type { Logger } from '@dms/runtime';
import type { DiscordSource } from './discord-source.ts';
import type { MissedStretch } from './missed-stretches.ts';
import type { Progress } from './progress.ts';
import { idAt, type JsonObject, objectsIn, sanitise } from './sanitise.ts';

const PAGE_MESSAGES = 100;
const CONCURRENT_CHANNELS = 4;
const ROOM_INTERVAL_MS = 50;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

export interface ReconcileDeps {
  readonly source: Pick<DiscordSource, 'messagesAfter'>;
  readonly progress: Pick<Progress, 'begin' | 'finish'>;
  /** Feeds one message, ascending per channel, as if it had been dispatched. False: nothing more is taken, give up. */
  readonly feed: (message: JsonObject, observedAt: number) => boolean;
  /** History waits while this is false: live dispatches need the room. */
  readonly hasRoom: () => boolean;
  readonly stamp: () => number;
  readonly logger: Logger;
}

/** Fetches what a fresh session missed. Live dispatches of the same channels never wait: every write is idempotent. An outage is
 *  waited for; a refused channel is logged and left. Resolves when all stretches are done, given up or aborted; what was not
 *  done stays unfinished in `progress`. Never rejects. */
export async function reconcile(
  stretches: readonly MissedStretch[],
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<void> {
  for (const { channelId, afterId } of stretches) deps.progress.begin(channelId, afterId);
  const waiting = [...stretches];
  let messages = 0;
  const worker = async (): Promise<void> => {
    for (let stretch = waiting.shift(); stretch !== undefined; stretch = waiting.shift()) {
      messages += await fetchStretch(stretch, deps, signal);
    }
  };
  try {
    await Promise.all(Array.from({ length: CONCURRENT_CHANNELS }, worker));
    deps.logger.info('missed messages fetched', { channels: stretches.length, messages });
  } catch (error) {
    if (signal.aborted) deps.logger.info('fetching missed messages was interrupted', { messages });
    else deps.logger.error('missed messages could not be fetched', { messages, error });
  }
}

/** Returns how many messages it fed. @throws when aborted, or when nothing more is taken. */
async function fetchStretch(stretch: MissedStretch, deps: ReconcileDeps, signal: AbortSignal): Promise<number> {
  const { channelId, guildId } = stretch;
  let cursor = stretch.afterId;
  for (let fed = 0; ; ) {
    while (!deps.hasRoom()) await sleep(ROOM_INTERVAL_MS, undefined, { signal });
    // Stamped before asking: a live edit that arrives meanwhile is newer than the page.
    const observedAt = deps.stamp();
    const page = await fetchPage(channelId, cursor, deps, signal);
    signal.throwIfAborted();
    for (const { id, message } of page) {
      if (!deps.feed({ ...message, guild_id: guildId }, observedAt)) throw new Error('nothing more is taken');
      cursor = id;
      fed += 1;
    }
    if (page.length < PAGE_MESSAGES) {
      deps.progress.finish(channelId);
      return fed;
    }
  }
}

/** Ascending, all newer than `afterId`. Empty when the channel is refused. */
async function fetchPage(channelId: string, afterId: string, deps: ReconcileDeps, signal: AbortSignal) {
  for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(delayMs * 2, MAX_RETRY_MS)) {
    try {
      const page = await deps.source.messagesAfter(channelId, afterId, signal);
      if (page.kind === 'page') return ascending(page.messages, afterId);
      deps.logger.warn('discord refuses the history of a channel', { channelId, status: page.status });
      return [];
    } catch (error) {
      signal.throwIfAborted();
      deps.logger.warn('missed messages cannot be fetched yet, trying again', { channelId, error, retryInMs: delayMs });
      await sleep(delayMs, undefined, { signal });
    }
  }
}

function ascending(messages: unknown, afterId: string) {
  return objectsIn(sanitise(messages))
    .flatMap((message) => {
      const id = idAt(message, 'id');
      return id !== null && compareSnowflakes(id, afterId) > 0 ? [{ id, message }] : [];
    })
    .sort((a, b) => compareSnowflakes(a.id, b.id));
}
