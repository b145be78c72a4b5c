import type { Change, MarkChange, MessageChange } from './change.ts';
import { type ForgottenAuthors, isForgotten } from './forgotten-authors.ts';
import { redactMessage } from './redact-message.ts';

/** What of the changes may be stored: without the messages of forgotten authors, without what other messages carry of them,
 *  and with the marks of those who opted out as nobody's. The very same list while nobody is forgotten. */
export function withoutForgotten(changes: readonly Change[], forgotten: ForgottenAuthors): readonly Change[] {
  if (forgotten.authors.size === 0) return changes;
  return changes.flatMap((change): readonly Change[] => {
    if (change.kind === 'message') return present(rememberedMessage(change, forgotten));
    return change.kind === 'mark' ? [nobodysMark(change, forgotten)] : [change];
  });
}

function rememberedMessage(change: MessageChange, forgotten: ForgottenAuthors): MessageChange | null {
  if (isForgotten(forgotten, change.authorId, change.id)) return null;
  const payload = redactMessage(change.payload, change.id, forgotten);
  // The digest stays Discord's, so that the next sighting of the same message is nothing new.
  if (payload === null || payload === change.payload) return payload === null ? null : change;
  return { ...change, payload };
}

/** It counts, and nobody knows whose it is. */
function nobodysMark(change: MarkChange, { authors }: ForgottenAuthors): MarkChange {
  if (change.userId === null || authors.get(change.userId)?.isOptedOut !== true) return change;
  const { user_id, display, member, ...rest } = JSON.parse(change.payload);
  return { ...change, userId: null, payload: JSON.stringify(rest) };
}

const present = <T>(value: T | null): readonly T[] => (value === null ? [] : [value]);
