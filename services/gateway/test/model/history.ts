import { isSamePosition, LOG_START, type LogEvent, type Position } from '@dms/protocol';
import type { LogContents } from './model-log.ts';
import { demand } from './violation.ts';

/** A committed event with the one it was committed after. Commits that a failover lost stay: clients may have seen them. */
export interface Committed {
  readonly event: LogEvent;
  readonly parent: Committed | null;
  /** The log's own text once a delete has blanked it. */
  blankPayload: string | null;
}

/** Everything that was ever committed, as a tree: lineages fork where a failover lost commits. */
export interface History {
  /** What the database holds now. */
  readonly contents: LogContents;
  /** Learns what a commit, prune or failover made of the log, and checks I1, I2 and I8 on the way. */
  observe(contents: LogContents): void;
  find(position: Position): Committed | null;
  /** The events after `from` up to `to`, or null when `to` does not descend from `from`. */
  between(from: Position, to: Position): readonly Committed[] | null;
  /** Whether a client can resume from here: its event, or the beginning of an unpruned log, is in the database. */
  isResumable(position: Position): boolean;
  /** Whether the event is, or was before it was pruned, in the log that the database holds. */
  isKept(position: Position): boolean;
  /** The oldest kept event's seq; 0 when nothing was pruned. */
  floorSeq(): number;
}

const nameOf = ({ term, seq }: Position): string => `${term}:${seq}`;
const EMPTY: LogContents = { head: LOG_START, isLeaseHeld: false, events: [], messages: new Map() };

export const isBlank = (payload: string): boolean => payload.includes('"purged":true');

/** The version of a message that a payload shows; the model's source counts them up. */
function versionOf(payload: string): number | null {
  const match = /"content":"v(\d+)"/.exec(payload);
  return match === null ? null : Number(match[1]);
}

export function createHistory(): History {
  const committed = new Map<string, Committed>();
  let contents = EMPTY;

  const between: History['between'] = (from, to) => {
    const path: Committed[] = [];
    let at = isSamePosition(to, LOG_START) ? null : committed.get(nameOf(to));
    if (at === undefined) return null;
    while (at !== null && at.event.seq > from.seq) {
      path.push(at);
      at = at.parent;
    }
    const reached = at === null ? LOG_START : at.event;
    return isSamePosition(reached, from) ? path.reverse() : null;
  };

  const learn = (event: LogEvent, parent: Committed | null): Committed => {
    const known = committed.get(nameOf(event));
    if (known === undefined) {
      const fresh = { event, parent, blankPayload: isBlank(event.payload) ? event.payload : null };
      checkReduced(fresh);
      committed.set(nameOf(event), fresh);
      return fresh;
    }
    const isSame = event.payload === known.event.payload || isBlank(event.payload);
    const isSameRoute = event.type === known.event.type && event.messageId === known.event.messageId;
    demand(isSame && isSameRoute, () => `I2: ${nameOf(event)} names ${known.event.payload} and ${event.payload}`);
    if (isBlank(event.payload)) known.blankPayload = event.payload;
    return known;
  };

  /** I8: every event of a message says something newer than the one before; nothing follows its delete. */
  const checkReduced = ({ event, parent }: Committed): void => {
    let earlier = parent;
    while (earlier !== null && earlier.event.messageId !== event.messageId) earlier = earlier.parent;
    if (earlier === null) return;
    const { event: previous } = earlier;
    demand(previous.type !== 'MESSAGE_DELETE', () => `I8: ${event.type} after the delete of ${event.messageId}`);
    demand(event.type !== 'MESSAGE_CREATE', () => `I8: ${event.messageId} was created twice`);
    const [older, newer] = [versionOf(previous.payload), versionOf(event.payload)];
    const isNewer = older === null || newer === null || newer > older;
    demand(isNewer, () => `I8: ${event.messageId} went from v${older} to v${newer}`);
  };

  return {
    get contents() {
      return contents;
    },
    observe(next) {
      contents = next;
      let previous: Committed | null = null;
      for (const event of next.events) {
        const parent: Committed | null = previous ?? committed.get(nameOf(event))?.parent ?? null;
        if (previous !== null) {
          const { event: before }: Committed = previous;
          demand(event.seq === before.seq + 1, () => `I1: ${event.seq} follows ${before.seq} in the log`);
          demand(event.term >= before.term, () => `I1: term ${event.term} follows ${before.term} in the log`);
        }
        previous = learn(event, parent);
      }
      const newest = next.events.at(-1)?.seq ?? 0;
      demand(newest === next.head.seq, () => `I1: the head says ${next.head.seq}, the newest event is ${newest}`);
    },
    find: (position) => committed.get(nameOf(position)) ?? null,
    between,
    isResumable(position) {
      if (isSamePosition(position, LOG_START)) return contents.events.length === 0 || contents.events[0]?.seq === 1;
      return contents.events.some((event) => isSamePosition(event, position));
    },
    isKept: (position) => between(position, contents.events.at(-1) ?? LOG_START) !== null,
    floorSeq() {
      const first = contents.events[0]?.seq ?? 1;
      return first === 1 ? 0 : first;
    },
  };
}
