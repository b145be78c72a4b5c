import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@dms/runtime';
import { DiscordRefusedError } from './discord-refused-error.ts';

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** A session that lasted this long starts the back-off anew. */
const SETTLED_MS = 60_000;
const LOST_DETAIL = 'Discord cannot be reached, trying again';
const PAUSED_DETAIL = 'too many new sessions in the last 24 hours: waiting, or Discord would reset the token';

export type SourceState = {
  readonly discord: 'connected' | 'connecting' | 'disconnected';
  readonly detail: string | null;
};

/** `refused`: trying again cannot help. The sentence says what to do. */
export type SessionEnd =
  | { readonly kind: 'refused'; readonly sentence: string; readonly cause: unknown }
  | { readonly kind: 'lost'; readonly reason: string; readonly retryInMs: number };

export interface StayConnectedDeps {
  /** Opens one session and resolves when it is over and cleaned up, at the latest soon after the abort. Never rejects. */
  readonly holdSession: (signal: AbortSignal) => Promise<SessionEnd>;
  readonly onState: (state: SourceState) => void;
  readonly onRefused: (error: DiscordRefusedError) => void;
  readonly logger: Logger;
}

/** Holds one session after the other until aborted or refused: after 1 s, then twice as long each time up to a minute, each
 *  shortened at random by up to a half, and not before the lost session says. */
export async function stayConnected(deps: StayConnectedDeps, signal: AbortSignal): Promise<void> {
  let delayMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    const startedMs = performance.now();
    deps.onState({ discord: 'connecting', detail: null });
    const end = await deps.holdSession(signal);
    if (signal.aborted) return;
    if (end.kind === 'refused') {
      deps.onState({ discord: 'disconnected', detail: end.sentence });
      return deps.onRefused(new DiscordRefusedError(end.sentence, { cause: end.cause }));
    }
    if (performance.now() - startedMs > SETTLED_MS) delayMs = FIRST_RETRY_MS;
    const retryInMs = Math.max(end.retryInMs, Math.round(delayMs * (0.5 + Math.random() / 2)));
    // Strangers read this on /health; the reason may name hosts, so it goes to the log alone.
    deps.onState({ discord: 'connecting', detail: end.retryInMs > 0 ? PAUSED_DETAIL : LOST_DETAIL });
    deps.logger.warn('discord session lost, connecting anew', { reason: end.reason, retryInMs });
    await sleep(retryInMs, undefined, { signal }).catch(() => undefined);
    delayMs = Math.min(delayMs * 2, MAX_RETRY_MS);
  }
}
