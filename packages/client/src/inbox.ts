import type { Position } from '@dms/protocol/vocabulary';
import type { StreamEvent } from './stream-event.ts';

/** The stream could not go on from where this client was. What lies between is not in the stream: load it over REST. */
export interface StreamReset {
  /** `too_old`: the position was pruned. `diverged`: the log that named it is gone. */
  readonly reason: string;
  /** The position asked for. */
  readonly lost: string;
  /** Where the stream goes on. */
  readonly position: string;
}

/** What waits to be handled, in the order received. `position` alone: nothing matched the filter up to there. */
export interface InboxItem {
  readonly position: Position;
  readonly content:
    | { readonly kind: 'event'; readonly event: StreamEvent }
    | { readonly kind: 'reset'; readonly reset: StreamReset }
    | null;
}

/** Between the socket, which cannot be paused in a browser, and a reader who takes one thing at a time. */
export interface Inbox {
  readonly size: number;
  push(item: InboxItem): void;
  /** The oldest item, waiting for one; null after the end. One caller at a time. */
  take(): Promise<InboxItem | null>;
  /** Nothing more will come; what is there can still be taken. */
  end(): void;
  clear(): void;
}

export function createInbox(): Inbox {
  let items: InboxItem[] = [];
  let first = 0;
  let hasEnded = false;
  let wake = (): void => {};

  const size = (): number => items.length - first;
  const shift = (): InboxItem | null => {
    const item = items[first] ?? null;
    first += 1;
    // Cutting one by one off the front of a long array would cost more than everything else.
    if (first >= items.length || first > 1_000) {
      items = items.slice(first);
      first = 0;
    }
    return item;
  };

  return {
    get size() {
      return size();
    },
    push(item) {
      if (hasEnded) return;
      // Of several bare positions only the newest matters.
      if (item.content === null && size() > 0 && items.at(-1)?.content === null) items.pop();
      items.push(item);
      wake();
    },
    async take() {
      if (size() === 0 && !hasEnded) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return size() === 0 ? null : shift();
    },
    end() {
      hasEnded = true;
      wake();
    },
    clear() {
      items = [];
      first = 0;
    },
  };
}
