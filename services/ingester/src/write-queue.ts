import type { Change } from '@dms/event-log';

export interface WriteQueueLimits {
  readonly maxChanges: number;
  /** Of payload text and overhead, estimated. */
  readonly maxBytes: number;
}

/** About half a minute of the busiest servers; beyond it, dropping the Discord session and reconciling is the honest way. */
export const DEFAULT_WRITE_QUEUE_LIMITS: WriteQueueLimits = { maxChanges: 50_000, maxBytes: 64 * 1024 * 1024 };

/** Bounded and ordered, between Discord and the log. What was taken stays at the front until it is confirmed, so that a
 *  batch whose outcome is unknown is fed again. */
export interface WriteQueue {
  readonly size: number;
  readonly bytes: number;
  /** False above half of either limit: who can wait (history, as opposed to live dispatches) should. */
  readonly hasRoom: boolean;
  /** False when the queue is full; the change was not taken and the caller must give up the session. */
  push(change: Change): boolean;
  /** Up to `maxChanges` from the front. Waits for the first, at most `waitMs` and not once aborted; then what there is, if
   *  anything. One caller at a time. */
  peek(maxChanges: number, waitMs: number, signal: AbortSignal): Promise<readonly Change[]>;
  /** Removes the first `count`: they are committed. */
  confirm(count: number): void;
  clear(): void;
}

const OVERHEAD_BYTES = 200;
/** Removed elements are cut off this rarely; shift() on a long array would cost more than the commit. */
const COMPACT_AFTER = 4_096;

const bytesOf = (change: Change): number => ('payload' in change ? change.payload.length : 0) + OVERHEAD_BYTES;

export function createWriteQueue(limits: WriteQueueLimits = DEFAULT_WRITE_QUEUE_LIMITS): WriteQueue {
  let changes: Change[] = [];
  let first = 0;
  let bytes = 0;
  let wake = (): void => {};

  const size = (): number => changes.length - first;

  const somethingToDo = (waitMs: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        wake = () => {};
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      signal.addEventListener('abort', done);
      wake = done;
    });

  return {
    get size() {
      return size();
    },
    get bytes() {
      return bytes;
    },
    get hasRoom() {
      return size() * 2 < limits.maxChanges && bytes * 2 < limits.maxBytes;
    },
    push(change) {
      const added = bytesOf(change);
      if (size() >= limits.maxChanges || bytes + added > limits.maxBytes) return false;
      changes.push(change);
      bytes += added;
      wake();
      return true;
    },
    async peek(maxChanges, waitMs, signal) {
      if (size() === 0 && !signal.aborted) await somethingToDo(waitMs, signal);
      return changes.slice(first, first + maxChanges);
    },
    confirm(count) {
      const end = Math.min(first + count, changes.length);
      for (const change of changes.slice(first, end)) bytes -= bytesOf(change);
      first = end;
      if (first > COMPACT_AFTER || first === changes.length) {
        changes = changes.slice(first);
        first = 0;
      }
    },
    clear() {
      changes = [];
      first = 0;
      bytes = 0;
    },
  };
}
