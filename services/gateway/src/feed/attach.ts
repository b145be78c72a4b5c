import type { LogReader } from '@dms/event-log';
import { isSamePosition, LOG_START, type Position, type ResetReason, type Since } from '@dms/protocol';
import type { Feed } from './feed.ts';

/** Where a connection begins. `unavailable` never means a reset: the client keeps its position and tries again (I6). */
export type Attachment =
  | { readonly kind: 'attached'; readonly cursor: Position; readonly isResumed: boolean; readonly reason: ResetReason }
  | { readonly kind: 'unavailable' };

/** A feed that re-boots again and again is an outage, not a reason to spin. */
const MAX_ATTEMPTS = 5;

export interface AttachDeps {
  readonly feed: Pick<Feed, 'last' | 'oldest' | 'ring' | 'generation' | 'isReady' | 'sync' | 'refreshOldest'>;
  readonly log: Pick<LogReader, 'locate' | 'positionAt'>;
}

/** Decides where a stream starts (DESIGN §4). The caller must join the hub in the same synchronous step as the answer. */
export async function attach(since: Since, deps: AttachDeps): Promise<Attachment> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const { feed } = deps;
    const { generation } = feed;
    try {
      const attachment = await attachOnce(since, deps);
      if (feed.isReady && feed.generation === generation) return attachment;
    } catch {
      return { kind: 'unavailable' };
    }
    // The log changed under our feet; ask the feed that came out of it.
    await feed.sync();
  }
  return { kind: 'unavailable' };
}

async function attachOnce(since: Since, { feed, log }: AttachDeps): Promise<Attachment> {
  if (since.kind === 'latest') return startAt(feed.last);
  if (since.kind === 'position') return resumeAt(since.position, { feed, log });
  if (!(await feed.sync())) return { kind: 'unavailable' };
  const newest = feed.last;
  const start = since.kind === 'time' ? await log.positionAt(since.timeMs) : await readOldest(feed);
  // Between two syncs that found the feed's events in the log they were there all the while, so a place read in between lies
  // on the feed's own run. Otherwise a failover that the feed has yet to notice could seat a client on a history that is gone.
  return (await feed.sync()) ? startAt(earlier(start, newest)) : { kind: 'unavailable' };
}

async function readOldest(feed: AttachDeps['feed']): Promise<Position> {
  await feed.refreshOldest();
  return feed.oldest;
}

async function resumeAt(position: Position, { feed, log }: AttachDeps): Promise<Attachment> {
  if (isHeld(position, feed)) return { kind: 'attached', cursor: position, isResumed: true, reason: null };
  // Ahead of us, or another event in its place: we may be the one that is behind, or on a dead branch.
  if (!(await feed.sync())) return { kind: 'unavailable' };
  if (isHeld(position, feed)) return { kind: 'attached', cursor: position, isResumed: true, reason: null };
  if (position.seq > feed.last.seq) return resetTo(feed.last, 'diverged');
  const event = position.seq === 0 ? null : await log.locate(position.seq);
  if (event !== null && isSamePosition(event, position)) {
    return { kind: 'attached', cursor: position, isResumed: true, reason: null };
  }
  if (event !== null) return resetTo(feed.last, 'diverged');
  await feed.refreshOldest();
  if (isSamePosition(position, LOG_START) && isSamePosition(feed.oldest, LOG_START)) {
    return { kind: 'attached', cursor: position, isResumed: true, reason: null };
  }
  return resetTo(feed.last, position.seq < feed.oldest.seq ? 'too_old' : 'diverged');
}

/** Answered from memory: the newest event, or one in the ring. */
function isHeld(position: Position, feed: AttachDeps['feed']): boolean {
  if (isSamePosition(position, feed.last)) return true;
  const event = feed.ring.get(position.seq);
  return event !== undefined && isSamePosition(event, position);
}

const earlier = (a: Position, b: Position): Position => (a.seq <= b.seq ? a : b);

const startAt = (cursor: Position): Attachment => ({ kind: 'attached', cursor, isResumed: false, reason: null });

const resetTo = (cursor: Position, reason: ResetReason): Attachment => ({
  kind: 'attached',
  cursor,
  isResumed: false,
  reason,
});
