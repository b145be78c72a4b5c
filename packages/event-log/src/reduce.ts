import type { EventRoute, Origin } from '@dms/protocol';
import type {
  CatchUpChange,
  Change,
  ChannelChange,
  DeleteChange,
  GapChange,
  GuildChange,
  MessageChange,
} from './change.ts';
import type { DropReason } from './event-log.ts';
import { blankedPrefix, deleteEventPayload, messageEventPayload, originSuffix, tombstonePayload } from './payload.ts';
import { createGapReducer, type StoredGap } from './reduce-gaps.ts';

/** What the decision about a message's next change depends on. */
export interface StoredState {
  readonly hash: string;
  readonly editedAtMs: number | null;
  readonly observedAt: number;
  readonly revision: number;
  readonly isDeleted: boolean;
  /** Outlives the delete, which need not know it, so that the delete reaches whoever watches the parent channel. */
  readonly parentId: string | null;
}

/** One event to append and, if it is the message's last one in the batch, the row the message becomes. */
export interface Entry {
  readonly route: EventRoute;
  readonly origin: Origin;
  /** The event's payload, already blank when the message is deleted later in the same batch. */
  readonly payload: string;
  readonly row: MessageRow | null;
}

export interface MessageRow extends StoredState {
  /** Null: the entry's payload without its origin. Text for a tombstone. */
  readonly payload: string | null;
}

/** A message whose earlier events (and dead letters) lose their content. */
export interface Purge {
  readonly id: string;
  readonly prefix: string;
}

export interface Reduction {
  /** In the order of the changes. */
  readonly entries: readonly Entry[];
  readonly purges: readonly Purge[];
  /** One per id, the latest; `baselineMessageId` is the earliest of the batch. */
  readonly guilds: readonly GuildChange[];
  readonly channels: readonly ChannelChange[];
  /** One per gap and one per channel, the latest. */
  readonly gaps: readonly GapChange[];
  readonly catchUps: readonly CatchUpChange[];
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** What to remember of each message the batch named. Unlike the rows it counts a sighting of the same content as an
   *  observation, so that an older state that comes late stays stale; that is not worth a write. */
  readonly states: ReadonlyMap<string, StoredState>;
}

/** What is stored beside the messages and the decision depends on. */
export interface Surroundings {
  readonly gaps: ReadonlyMap<string, StoredGap>;
}

const NOTHING_AROUND: Surroundings = { gaps: new Map() };

type Decision =
  | { readonly kind: 'drop'; readonly reason: DropReason }
  | { readonly kind: 'store'; readonly type: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE'; readonly revision: number };

/** Decides what a batch changes: an event is appended iff the stored message changes, and feeding a batch again, in the same
 *  order with the same stamps, changes nothing (I8). Pure; `stored` has the state of every message the batch names, or
 *  nothing for one that was never seen, and `around` the rest of what it names. */
export function reduce(
  stored: ReadonlyMap<string, StoredState>,
  changes: readonly Change[],
  around: Surroundings = NOTHING_AROUND,
): Reduction {
  const states = new Map<string, StoredState>();
  const entries: Entry[] = [];
  const purges: Purge[] = [];
  const guilds = new Map<string, GuildChange>();
  const channels = new Map<string, ChannelChange>();
  const gaps = createGapReducer(around.gaps);
  const dropped = { same: 0, stale: 0, deleted: 0, incomplete: 0 };

  const reduceMessage = (change: MessageChange) => {
    const before = states.get(change.id) ?? stored.get(change.id);
    const decision = decide(before, change);
    if (decision.kind === 'drop') {
      dropped[decision.reason]++;
      if (before !== undefined && decision.reason === 'same' && change.observedAt > before.observedAt) {
        states.set(change.id, { ...before, observedAt: change.observedAt });
      }
      return;
    }
    const { type, revision } = decision;
    const { id, guildId, channelId, parentId, authorId, hash, editedAtMs, observedAt, origin } = change;
    const state = { hash, editedAtMs, observedAt, revision, isDeleted: false, parentId };
    states.set(id, state);
    entries.push({
      route: { type, guildId, channelId, parentId, authorId, messageId: id },
      origin,
      payload: messageEventPayload(change.payload, revision, origin),
      row: { ...state, payload: null },
    });
  };
  const reduceDelete = (change: DeleteChange) => {
    const before = states.get(change.id) ?? stored.get(change.id);
    if (before?.isDeleted) {
      dropped.deleted++;
      return;
    }
    const { id, guildId, channelId, observedAt, origin } = change;
    const parentId = change.parentId ?? before?.parentId ?? null;
    const revision = before?.revision ?? 0;
    const state = { hash: '', editedAtMs: null, observedAt, revision, isDeleted: true, parentId };
    const prefix = blankedPrefix(change);
    for (const [index, entry] of entries.entries()) {
      if (entry.route.messageId === id) entries[index] = { ...entry, payload: prefix + originSuffix(entry.origin) };
    }
    states.set(id, state);
    purges.push({ id, prefix });
    entries.push({
      route: { type: 'MESSAGE_DELETE', guildId, channelId, parentId, authorId: null, messageId: id },
      origin,
      payload: deleteEventPayload(change),
      row: { ...state, payload: tombstonePayload(change, revision) },
    });
  };

  for (const change of changes) {
    if (change.kind === 'message') reduceMessage(change);
    else if (change.kind === 'delete') reduceDelete(change);
    else if (change.kind === 'guild') guilds.set(change.id, change);
    else if (change.kind === 'gap') entries.push(...gaps.reduceGap(change));
    else if (change.kind === 'catch_up') gaps.reduceCatchUp(change);
    else channels.set(change.id, keepBaseline(channels.get(change.id), change));
  }
  return {
    entries: keepLastRows(entries),
    purges,
    guilds: [...guilds.values()],
    channels: [...channels.values()],
    ...gaps.outcome(),
    dropped,
    states,
  };
}

function decide(before: StoredState | undefined, change: MessageChange): Decision {
  if (!change.isComplete) return { kind: 'drop', reason: 'incomplete' };
  if (before === undefined) return { kind: 'store', type: 'MESSAGE_CREATE', revision: 0 };
  if (before.isDeleted) return { kind: 'drop', reason: 'deleted' };
  if (before.hash === change.hash) return { kind: 'drop', reason: 'same' };
  if (change.observedAt <= before.observedAt) return { kind: 'drop', reason: 'stale' };
  const editedBefore = before.editedAtMs ?? Number.NEGATIVE_INFINITY;
  const editedNow = change.editedAtMs ?? Number.NEGATIVE_INFINITY;
  if (editedNow < editedBefore) return { kind: 'drop', reason: 'stale' };
  // An equal time is a refresh (unfurl, pin, poll close): the message changed, its author did not.
  const revision = editedNow > editedBefore ? before.revision + 1 : before.revision;
  return { kind: 'store', type: 'MESSAGE_UPDATE', revision };
}

const keepBaseline = (first: ChannelChange | undefined, latest: ChannelChange): ChannelChange =>
  first === undefined ? latest : { ...latest, baselineMessageId: first.baselineMessageId };

/** One statement may touch a row only once, so only the last entry of each message carries its row. */
function keepLastRows(entries: readonly Entry[]): readonly Entry[] {
  const seen = new Set<string>();
  return entries
    .toReversed()
    .map((entry) => {
      const { messageId } = entry.route;
      if (messageId === null) return entry;
      if (seen.has(messageId)) return { ...entry, row: null };
      seen.add(messageId);
      return entry;
    })
    .toReversed();
}
