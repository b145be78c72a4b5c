import { type Position, parsePosition } from '@dms/protocol/vocabulary';
import { type BackoffLimits, backoffMs } from './backoff.ts';
import type { ReloadCause, StreamClientOptions } from './stream-options.ts';

interface ReloadDeps {
  readonly reload: NonNullable<StreamClientOptions['reload']>;
  readonly backoff: BackoffLimits;
  readonly random: () => number;
  /** Resolves after the time, or at once when the client was closed. */
  readonly pause: (ms: number) => Promise<void>;
  readonly isClosed: () => boolean;
  readonly onRetry: (retryInMs: number, reason: string) => void;
}

/** The position from which the stream continues what was read; null when the client was closed meanwhile.
 *  @throws what `reload` threw unless it passes, TypeError when it returned no position. */
export async function reloadHistory(cause: ReloadCause, deps: ReloadDeps): Promise<Position | null> {
  for (let failures = 0; !deps.isClosed(); failures += 1) {
    try {
      const position = parsePosition(await deps.reload(cause));
      if (position === null) throw new TypeError('reload must return the position of the page it read');
      return position;
    } catch (error) {
      if (!isPassing(error)) throw error;
      const retryInMs = backoffMs(failures, deps.random(), deps.backoff);
      deps.onRetry(retryInMs, error.message);
      await deps.pause(retryInMs);
    }
  }
  return null;
}

const isPassing = (error: unknown): error is Error =>
  error instanceof Error && 'isPassing' in error && error.isPassing === true;
