import type { EventRoute, Origin } from '@dms/protocol';
import type { BackfillChange, CatchUpChange, ChannelChange, GapChange, GuildChange } from './change.ts';
import type { DropReason } from './event-log.ts';
import type { StoredGap } from './reduce-gaps.ts';
import type { Tally } from './tally.ts';

/** What the decision about a message's next change depends on. */
export interface StoredState {
  readonly hash: string;
  readonly editedAtMs: number | null;
  readonly observedAt: number;
  readonly revision: number;
  readonly isDeleted: boolean;
  /** Outlives the delete, which need not know it, so that the delete reaches whoever watches the parent channel. */
  readonly parentId: string | null;
  /** Null for a tombstone. */
  readonly authorId: string | null;
  readonly tally: Tally | null;
  /** When the tally was observed, as `observedAt`. */
  readonly tallyAt: number;
}

export interface StoredGuild {
  readonly hash: string;
  readonly observedAt: number;
  /** The bot left. */
  readonly isDeleted: boolean;
}

export interface StoredChannel {
  readonly hash: string;
  readonly observedAt: number;
  readonly guildId: string;
  readonly parentId: string | null;
  readonly isDeleted: boolean;
  readonly lastPinTimestamp: string | null;
}

/** What is stored beside the messages, as far as the batch names it. */
export interface Surroundings {
  /** By `markId`: true while the mark is set, false once it was taken back; absent when nobody knows. */
  readonly marks: ReadonlyMap<string, boolean>;
  readonly guilds: ReadonlyMap<string, StoredGuild>;
  readonly channels: ReadonlyMap<string, StoredChannel>;
  readonly gaps: ReadonlyMap<string, StoredGap>;
}

/** Names one user's mark on one message among the rows. */
export const markId = (messageId: string, key: string, userId: string): string => `${messageId} ${userId} ${key}`;

/** One event to append and, if it is the message's last one in the batch, the row the message becomes. */
export interface Entry {
  readonly route: EventRoute;
  readonly origin: Origin;
  /** The event's payload, already blank when the message is deleted later in the same batch. */
  readonly payload: string;
  readonly row: MessageRow | null;
  /** Of a create or update that is not blank. */
  readonly text?: MessageText;
}

/** The stored message inside the payload of its event. */
export interface MessageText {
  readonly revision: number;
  /** How much follows it in the payload, as UTF-8. */
  readonly endingBytes: number;
  /** A later edit of the same batch replaces this revision, so that it never becomes the message's row. */
  readonly isSuperseded: boolean;
}

export interface MessageRow extends StoredState {
  readonly id: string;
  /** Null: the entry's payload without its ending. Text for a tombstone. */
  readonly payload: string | null;
}

/** A message whose earlier events (and revisions, marks, dead letters) lose their content. */
export interface Purge {
  readonly id: string;
  readonly prefix: string;
}

/** A message from which somebody was removed. */
export interface Redaction {
  readonly id: string;
  readonly prefix: string;
  /** Whose marks on it lose their owner. */
  readonly userId: string;
  /** Its earlier events lose their content; else nothing but marks is touched. */
  readonly isSeen: boolean;
}

export interface RevisionRow {
  readonly messageId: string;
  readonly revision: number;
  readonly payload: string;
}

/** What a commit adds to an erasure. */
export interface ErasureStep {
  readonly id: string;
  readonly messages: number;
  readonly redactions: number;
  /** Null: as before. */
  readonly cursorId: string | null;
  readonly isDone: boolean;
}

export interface MarkRow {
  readonly messageId: string;
  readonly key: string;
  readonly userId: string;
  readonly isSet: boolean;
}

/** Marks of a message whose owners are forgotten: of one key, or (null) of every reaction. */
export interface ClearedMarks {
  readonly messageId: string;
  readonly key: string | null;
}

/** A tally that changed without its message. */
export interface TallyRow {
  readonly messageId: string;
  readonly tally: Tally | null;
  readonly tallyAt: number;
}

/** `change` is null when only the fact that the bot left, or the pins, changed. */
export interface GuildRow extends StoredGuild {
  readonly id: string;
  readonly change: GuildChange | null;
}

export interface ChannelRow extends StoredChannel {
  readonly id: string;
  readonly change: ChannelChange | null;
}

export interface Reduction {
  /** In the order of the changes. */
  readonly entries: readonly Entry[];
  readonly purges: readonly Purge[];
  readonly tallies: readonly TallyRow[];
  /** What is set here is not cleared, and the other way round. */
  readonly marks: readonly MarkRow[];
  readonly clearedMarks: readonly ClearedMarks[];
  /** One per id, the latest; `baselineMessageId` is the earliest of the batch. */
  readonly guilds: readonly GuildRow[];
  readonly channels: readonly ChannelRow[];
  /** Deleted channels with nothing left to delete. */
  readonly emptied: readonly string[];
  readonly gaps: readonly GapChange[];
  readonly catchUps: readonly CatchUpChange[];
  readonly backfills: readonly BackfillChange[];
  /** Only of commits for an erasure. */
  readonly redactions?: readonly Redaction[];
  /** What messages said before, without whom it named. */
  readonly revisions?: readonly RevisionRow[];
  readonly erasures?: readonly ErasureStep[];
  /** Of changes of messages and marks. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** What to remember of each message the batch named. Unlike the rows it counts a sighting of the same content as an
   *  observation, so that an older state that comes late stays stale; that is not worth a write. */
  readonly states: ReadonlyMap<string, StoredState>;
}
