import type { StoredMessage } from '@dms/protocol';
import { isMessage, isObject, isOlder } from './message.ts';
import { applyTally } from './tally.ts';

/** As much of an event of the stream as the timeline reads. */
export interface TimelineEvent {
  readonly t: string;
  readonly s: number;
  readonly d: object;
}

/** One row. */
export interface Entry {
  readonly id: string;
  /** Null: it was deleted while it was shown. The words are gone, the gap stays visible. */
  readonly message: StoredMessage | null;
  /** Seq up to which events are in it. */
  readonly asOf: number;
}

/** A page of history, in whatever order, with the seq that its snapshot is as of. */
export interface HistoryPage {
  readonly messages: readonly StoredMessage[];
  readonly asOf: number;
}

/** Which ends of the timeline reach the ends of history. */
export interface Ends {
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
}

/** A contiguous stretch of history, oldest first, kept up to date by the stream. Pages and events may overlap in any way: a page
 *  knows the seq it is as of, so each event changes each message exactly once. */
export interface Timeline extends Ends {
  readonly entries: readonly Entry[];
  /** Empty again, and other messages from now on. */
  reset(matches: (message: StoredMessage) => boolean): void;
  /** Adds what is missing. `events` are those after `page.asOf` that were applied before the page came. */
  merge(page: HistoryPage, ends: Partial<Ends>, events: readonly TimelineEvent[]): void;
  /** True when something changed. A message that belongs beyond an open end is left out: a page will bring it. */
  apply(event: TimelineEvent): boolean;
  /** Forgets entries at one end, down to `keep`; that end is open then. */
  trim(end: 'older' | 'newer', keep: number): void;
}

export function createTimeline(): Timeline {
  let entries: Entry[] = [];
  let ends: Ends = { hasOlder: true, hasNewer: true };
  let matches = (_message: StoredMessage): boolean => false;

  /** Where `id` is, or belongs. Most belong at the end. */
  const placeOf = (id: string): number => {
    const last = entries.at(-1);
    if (last === undefined || isOlder(last.id, id)) return entries.length;
    let [low, high] = [0, entries.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isOlder(entries[middle]?.id ?? '', id)) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const replace = (place: number, entry: Entry): true => {
    entries = entries.map((old, at) => (at === place ? entry : old));
    return true;
  };

  const create = (message: StoredMessage, asOf: number): boolean => {
    if (!matches(message)) return false;
    const place = placeOf(message.id);
    if (place === entries.length ? ends.hasNewer : place === 0 && ends.hasOlder) return false;
    entries = [...entries.slice(0, place), { id: message.id, message, asOf }, ...entries.slice(place)];
    return true;
  };

  const apply = ({ t, s, d }: TimelineEvent): boolean => {
    if (!isObject(d)) return false;
    const id = t.startsWith('MESSAGE_REACTION') || t.startsWith('MESSAGE_POLL') ? d.message_id : d.id;
    if (typeof id !== 'string' || !t.startsWith('MESSAGE_')) return false;
    const place = placeOf(id);
    const known = entries[place];
    if (known === undefined || known.id !== id) return t === 'MESSAGE_CREATE' && isMessage(d) && create(d, s);
    if (s <= known.asOf) return false;
    if (t === 'MESSAGE_DELETE') return replace(place, { id, message: null, asOf: s });
    if (known.message === null || d.purged === true) return false;
    if (t === 'MESSAGE_CREATE' || t === 'MESSAGE_UPDATE') {
      return isMessage(d) && replace(place, { id, message: d, asOf: s });
    }
    return replace(place, { id, message: applyTally(known.message, t, d), asOf: s });
  };

  return {
    get entries() {
      return entries;
    },
    get hasOlder() {
      return ends.hasOlder;
    },
    get hasNewer() {
      return ends.hasNewer;
    },
    reset(newMatches) {
      entries = [];
      ends = { hasOlder: true, hasNewer: true };
      matches = newMatches;
    },
    merge({ messages, asOf }, newEnds, events) {
      const known = new Set(entries.map(({ id }) => id));
      const added = messages
        .filter(({ id }) => !known.has(id))
        .map((message): Entry => ({ id: message.id, message, asOf }));
      entries = [...entries, ...added].sort((a, b) => (isOlder(a.id, b.id) ? -1 : 1));
      ends = { ...ends, ...newEnds };
      for (const event of events) if (event.s > asOf) apply(event);
    },
    apply,
    trim(end, keep) {
      if (entries.length <= keep) return;
      entries = end === 'older' ? entries.slice(-keep) : entries.slice(0, keep);
      ends = end === 'older' ? { ...ends, hasOlder: true } : { ...ends, hasNewer: true };
    },
  };
}
