import { type DispatchFrame, followStream } from '@dms/test-kit';
import type { ExpectedEvent } from './truth.ts';

/** An event as far as it says something about a message. */
export interface SeenEvent extends ExpectedEvent {
  readonly seq: number;
  readonly authorId: string | null;
  readonly origin: string;
  readonly editedTimestamp: string | null;
  /** Its content is gone because the message was deleted. */
  readonly isPurged: boolean;
}

const textAt = (object: Readonly<Record<string, unknown>>, name: string): string | null => {
  const value = object[name];
  return typeof value === 'string' ? value : null;
};

export function seen(frame: DispatchFrame): SeenEvent {
  const { d } = frame;
  const author: unknown = d.author;
  const authorId = typeof author === 'object' && author !== null && 'id' in author ? String(author.id) : null;
  return {
    type: frame.t,
    seq: frame.s,
    // A reaction names its message differently.
    id: textAt(d, 'id') ?? textAt(d, 'message_id') ?? '',
    channelId: textAt(d, 'channel_id'),
    content: textAt(d, 'content'),
    authorId,
    origin: textAt(d, 'origin') ?? '',
    editedTimestamp: textAt(d, 'edited_timestamp'),
    isPurged: d.purged === true,
  };
}

/** Where two sequences part, in words; null when they are equal. Jest's own diff of 20,000 items would take minutes. */
export function firstDifference<A, E>(
  actual: readonly A[],
  expected: readonly E[],
  isEqual: (a: A, e: E) => boolean,
): string | null {
  const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 600) ?? 'nothing';
  for (let index = 0; index < Math.max(actual.length, expected.length); index += 1) {
    const [a, e] = [actual[index], expected[index]];
    if (a !== undefined && e !== undefined && isEqual(a, e)) continue;
    const counts = `${actual.length} instead of ${expected.length}`;
    return `at ${index} (${counts}): got ${shown(a)}, expected ${shown(e)}`;
  }
  return null;
}

export const isSameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** A message deleted meanwhile may come without its words, and then it must be one that was deleted. */
export function isAsDispatched(actual: SeenEvent, expected: ExpectedEvent, deleted: ReadonlySet<string>): boolean {
  if (actual.type !== expected.type || actual.id !== expected.id || actual.channelId !== expected.channelId)
    return false;
  return actual.isPurged ? deleted.has(actual.id) && actual.content === null : actual.content === expected.content;
}

/** What a client received, against the log as it stands now: the same event in each place, and the same words unless they
 *  were purged since. */
export function isSameFrame(received: DispatchFrame, stored: DispatchFrame): boolean {
  if (received.text === stored.text) return true;
  const isSameEvent = received.p === stored.p && received.t === stored.t && seen(received).id === seen(stored).id;
  return isSameEvent && stored.d.purged === true;
}

const SHOWN_TYPES: ReadonlySet<string> = new Set(['MESSAGE_CREATE', 'MESSAGE_UPDATE']);

/** The newest content of each message that is not deleted: what somebody who applies the stream ends up with. */
export function fold(frames: readonly DispatchFrame[]): ReadonlyMap<string, string> {
  const contents = new Map<string, string>();
  for (const frame of frames) {
    const { type, id, content, isPurged } = seen(frame);
    if (type === 'MESSAGE_DELETE') contents.delete(id);
    else if (SHOWN_TYPES.has(type) && !isPurged) contents.set(id, content ?? '');
  }
  return contents;
}

/** The log from its beginning to `headSeq`, through the door that everybody uses: `since=all`. */
export async function replay(
  wsUrl: string,
  headSeq: number,
  filter: Readonly<Record<string, string>> = {},
): Promise<readonly DispatchFrame[]> {
  const reader = followStream([wsUrl], { since: 'all', filter });
  try {
    await reader.waitFor((events) => (events.at(-1)?.s ?? 0) >= headSeq, 60_000);
    return reader.events.filter(({ s }) => s <= headSeq);
  } finally {
    await reader.stop();
  }
}

/** I1: from 1 to the head without a hole; terms never fall. Null when it holds. */
export function brokenLog(frames: readonly DispatchFrame[]): string | null {
  let lastTerm = 0;
  for (const [index, frame] of frames.entries()) {
    const term = Number(frame.p.split(':')[0]);
    if (frame.s !== index + 1) return `seq ${frame.s} stands at place ${index + 1}`;
    if (term < lastTerm) return `term fell from ${lastTerm} to ${term} at seq ${frame.s}`;
    lastTerm = term;
  }
  return null;
}
