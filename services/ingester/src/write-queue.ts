import type { Change, DiscordSession } from '@dms/event-log';

export interface WriteQueueLimits {
  readonly maxChanges: number;
  /** Of payload text and overhead, estimated. */
  readonly maxBytes: number;
}

/** About half a minute of the busiest servers; beyond it, leaving Discord and resuming when it is written is the honest way. */
export const DEFAULT_WRITE_QUEUE_LIMITS: WriteQueueLimits = { maxChanges: 50_000, maxBytes: 64 * 1024 * 1024 };

/** What is to be committed next, in order, and where Discord's session stands once it is. */
export interface Batch {
  readonly changes: readonly Change[];
  readonly session: DiscordSession | null;
}

/** Bounded and ordered, between Discord and the log. What was taken stays at the front until it is confirmed, so that a
 *  batch whose outcome is unknown is fed again. */
export interface WriteQueue {
  readonly size: number;
  readonly bytes: number;
  /** False above half of either limit: who can wait (history, as opposed to live dispatches) should. */
  readonly hasRoom: boolean;
  /** False when the queue is full; the change was not taken and the caller must give up the session. */
  push(change: Change): boolean;
  /** Takes what may wait: it fills what `push` leaves free of a batch, in order among itself, and neither `size` nor `bytes` count
   *  it. What others put on a message that waits here goes behind the message. False when half of either limit waits. */
  pushBehind(change: Change): boolean;
  /** False while more waits behind than the next commits take: whoever feeds it should pause. */
  readonly hasRoomBehind: boolean;
  /** Drops what waits behind of the messages of a channel and its threads. */
  dropBehind(channelId: string): void;
  /** A dispatch was handled: once all that was pushed before is committed, Discord's session stands here. */
  mark(session: DiscordSession): void;
  /** The newest mark that all is committed for; null when there is none. */
  readonly settled: DiscordSession | null;
  /** Up to `maxChanges` from the front. Waits for the first, at most `waitMs` and not once aborted; then what there is, if
   *  anything. One caller at a time. */
  peek(maxChanges: number, waitMs: number, signal: AbortSignal): Promise<Batch>;
  /** Removes the first `count`: they are committed. */
  confirm(count: number): void;
  /** Marks too. */
  clear(): void;
}

const OVERHEAD_BYTES = 200;
/** Removed elements are cut off this rarely; shift() on a long array would cost more than the commit. */
const COMPACT_AFTER = 4_096;

/** A few commits' worth. */
const ROOM_BEHIND_CHANGES = 1_500;
const ROOM_BEHIND_BYTES = 8 * 1024 * 1024;

const bytesOf = (change: Change): number => ('payload' in change ? change.payload.length : 0) + OVERHEAD_BYTES;

export function createWriteQueue(limits: WriteQueueLimits = DEFAULT_WRITE_QUEUE_LIMITS): WriteQueue {
  let changes: Change[] = [];
  let first = 0;
  let bytes = 0;
  let behind: Change[] = [];
  let firstBehind = 0;
  let bytesBehind = 0;
  let messagesBehind = new Set<string>();
  let wake = (): void => {};
  /** Ascending by `changes`: how many changes there were ever, confirmed ones included, when the mark was set. */
  let marks: { readonly changes: number; readonly session: DiscordSession }[] = [];
  let settled: DiscordSession | null = null;
  let confirmed = 0;

  const size = (): number => changes.length - first;
  const sizeBehind = (): number => behind.length - firstBehind;

  /** Moves what waits behind to the end of the queue until that has so many changes. */
  const admit = (maxChanges: number): void => {
    while (size() < maxChanges) {
      const change = behind[firstBehind];
      if (change === undefined) break;
      firstBehind += 1;
      bytesBehind -= bytesOf(change);
      if (change.kind === 'message') messagesBehind.delete(change.id);
      changes.push(change);
      bytes += bytesOf(change);
    }
    if (firstBehind <= COMPACT_AFTER && firstBehind < behind.length) return;
    behind = behind.slice(firstBehind);
    firstBehind = 0;
  };

  const untilPushed = (waitMs: number, signal: AbortSignal): Promise<void> =>
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

  const lastMarkWithin = (changesEver: number): number => {
    const next = marks.findIndex((mark) => mark.changes > changesEver);
    return (next === -1 ? marks.length : next) - 1;
  };

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
    get hasRoomBehind() {
      return sizeBehind() < ROOM_BEHIND_CHANGES && bytesBehind < ROOM_BEHIND_BYTES;
    },
    push(change) {
      // A reaction to a message that is not stored means nothing.
      if (change.kind === 'mark' && messagesBehind.has(change.id)) admit(Number.POSITIVE_INFINITY);
      const added = bytesOf(change);
      if (size() >= limits.maxChanges || bytes + added > limits.maxBytes) return false;
      changes.push(change);
      bytes += added;
      wake();
      return true;
    },
    pushBehind(change) {
      const added = bytesOf(change);
      if (sizeBehind() * 2 >= limits.maxChanges || (bytesBehind + added) * 2 > limits.maxBytes) return false;
      behind.push(change);
      bytesBehind += added;
      if (change.kind === 'message') messagesBehind.add(change.id);
      wake();
      return true;
    },
    dropBehind(channelId) {
      const isOf = (change: Change): boolean =>
        change.kind === 'message' && (change.channelId === channelId || change.parentId === channelId);
      const kept = behind.slice(firstBehind).filter((change) => !isOf(change));
      behind = kept;
      firstBehind = 0;
      bytesBehind = kept.reduce((sum, change) => sum + bytesOf(change), 0);
      messagesBehind = new Set(kept.filter(({ kind }) => kind === 'message').map(({ id }) => id));
    },
    mark(session) {
      if (size() === 0) settled = session;
      else {
        const changesEver = confirmed + size();
        if (marks.at(-1)?.changes === changesEver) marks.pop();
        marks.push({ changes: changesEver, session });
      }
    },
    get settled() {
      return settled;
    },
    async peek(maxChanges, waitMs, signal) {
      if (size() === 0 && sizeBehind() === 0 && !signal.aborted) await untilPushed(waitMs, signal);
      admit(maxChanges);
      const taken = changes.slice(first, first + maxChanges);
      const mark = marks[lastMarkWithin(confirmed + taken.length)];
      return { changes: taken, session: mark?.session ?? settled };
    },
    confirm(count) {
      const end = Math.min(first + count, changes.length);
      for (const change of changes.slice(first, end)) bytes -= bytesOf(change);
      confirmed += end - first;
      const reached = lastMarkWithin(confirmed);
      settled = marks[reached]?.session ?? settled;
      marks.splice(0, reached + 1);
      first = end;
      if (first > COMPACT_AFTER || first === changes.length) {
        changes = changes.slice(first);
        first = 0;
      }
    },
    clear() {
      behind = [];
      firstBehind = 0;
      bytesBehind = 0;
      messagesBehind.clear();
      changes = [];
      first = 0;
      bytes = 0;
      marks = [];
      settled = null;
    },
  };
}
