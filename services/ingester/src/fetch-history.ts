import { setTimeout as sleep } from 'node:timers/promises';
import { compareSnowflakes } from '@dms/protocol';
import type { Logger } from '@dms/runtime';
import { idAt, type JsonObject, objectsIn, sanitise } from './sanitise.ts';

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/** A fetched message and its id. */
export interface FetchedMessage {
  readonly id: string;
  readonly message: JsonObject;
}

/** Tries until it is answered: after 1 s, then twice as long each time up to a minute. An outage is waited for. @throws when
 *  aborted. */
export async function persistently<T>(
  ask: () => Promise<T>,
  { channelId, logger }: { readonly channelId: string; readonly logger: Logger },
  signal: AbortSignal,
): Promise<T> {
  for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(delayMs * 2, MAX_RETRY_MS)) {
    try {
      const answer = await ask();
      signal.throwIfAborted();
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      logger.warn('history cannot be fetched yet, trying again', { channelId, error, retryInMs: delayMs });
      await sleep(delayMs, undefined, { signal });
    }
  }
}

/** The messages of a page by ascending id; what is none is left out. */
export function ascending(messages: unknown): readonly FetchedMessage[] {
  return objectsIn(sanitise(messages))
    .flatMap((message) => {
      const id = idAt(message, 'id');
      return id === null ? [] : [{ id, message }];
    })
    .sort((a, b) => compareSnowflakes(a.id, b.id));
}
