import { indexAfter } from '../world/messages.ts';
import type { Message } from '../world/model.ts';

/** Which part of a channel's history is wanted; at most one anchor is looked at, in this order. */
export interface HistoryQuery {
  readonly around: string | null;
  readonly before: string | null;
  readonly after: string | null;
  /** 1–100. */
  readonly limit: number;
}

/**
 * Discord's paging over messages ascending by id, answered newest first. `after` gives the *oldest* messages after the
 * id, `before` the newest before it, `around` half on either side with the message itself; anchors need not exist.
 */
export function historyPage(messages: readonly Message[], query: HistoryQuery): Message[] {
  const { around, before, after, limit } = query;
  if (around !== null) {
    const next = indexAfter(messages, around);
    const isThere = messages[next - 1]?.id === around;
    const start = Math.max(0, next - (isThere ? 1 : 0) - Math.floor(limit / 2));
    return messages.slice(start, start + limit).reverse();
  }
  if (before !== null) {
    const next = indexAfter(messages, before);
    const end = messages[next - 1]?.id === before ? next - 1 : next;
    return messages.slice(Math.max(0, end - limit), end).reverse();
  }
  if (after !== null) {
    const start = indexAfter(messages, after);
    return messages.slice(start, start + limit).reverse();
  }
  return messages.slice(-limit).reverse();
}
