import type { DeleteReason, Origin } from '@dms/protocol';
import type { Emoji, Tally } from './tally.ts';

/** What the ingester learned, in the order it learned it. The reducer decides whether it changes anything. */
export type Change =
  | MessageChange
  | DeleteChange
  | MarkChange
  | GuildChange
  | GuildLeftChange
  | ChannelChange
  | PinsChange
  | EmptiedChange
  | GapChange
  | CatchUpChange
  | BackfillChange
  | RedactChange
  | ErasureChange;

interface Observed {
  readonly origin: Origin;
  /** Microseconds since the Unix epoch on the database's clock, strictly increasing per process (`EventLog.stamp()`).
   *  A change observed before the stored state never overwrites it, so re-feeding a batch is a no-op. */
  readonly observedAt: number;
}

export interface MessageChange extends Observed {
  readonly kind: 'message';
  /** False for an update that lacks the author: useless unless the message is already stored, and then ignored too. */
  readonly isComplete: boolean;
  readonly id: string;
  readonly guildId: string;
  readonly channelId: string;
  /** The channel a thread belongs to; null outside threads. */
  readonly parentId: string | null;
  readonly authorId: string;
  /** Digest of everything a reader can see of the message but its tally; equal digests mean "nothing changed". */
  readonly hash: string;
  /** `edited_timestamp` cut to milliseconds; null when never edited. Discord repeats it truncated, so never compare finer. */
  readonly editedAtMs: number | null;
  /** JSON text of the stored message object, without the tally, `revision` and `origin`, which the reducer adds. */
  readonly payload: string;
  /** Its reactions and its poll; null when it has neither. */
  readonly tally: Tally | null;
  /** True when Discord was asked for the message: the counts replace the stored ones. A dispatch may repeat older counts than
   *  the reactions already heard, so it counts only for a message that is new, and for a poll that ended. */
  readonly isTallyFresh: boolean;
}

export interface DeleteChange extends Observed {
  readonly kind: 'delete';
  readonly id: string;
  readonly guildId: string;
  readonly channelId: string;
  readonly parentId: string | null;
  /** Shared by all deletes of one bulk delete; null for a single one. */
  readonly bulkId: string | null;
  /** Absent: it was deleted on Discord. */
  readonly reason?: DeleteReason;
  /** The erasure that counts it. */
  readonly erasureId?: string;
}

/** What one user can put on a message and take back, or (`all-reactions`) what only goes at once. */
export type Mark =
  | {
      readonly kind: 'reaction';
      readonly emoji: Emoji;
      readonly isBurst: boolean;
      readonly burstColors: readonly string[];
    }
  | { readonly kind: 'answer'; readonly id: number }
  | { readonly kind: 'emoji'; readonly emoji: Emoji }
  | { readonly kind: 'all-reactions' };

/** A reaction or a poll vote came or went. Means nothing for a message that is not stored. */
export interface MarkChange extends Observed {
  readonly kind: 'mark';
  /** The message's. */
  readonly id: string;
  readonly guildId: string;
  readonly channelId: string;
  readonly parentId: string | null;
  readonly mark: Mark;
  readonly isAdded: boolean;
  /** Whose mark; null for `emoji` and `all-reactions`, and of somebody who opted out. */
  readonly userId: string | null;
  /** JSON text of the event's `d`, without `origin`. Must not be empty. */
  readonly payload: string;
}

interface DirectoryNews extends Observed {
  /** False for what was there before we were: it is stored, and no event says so. */
  readonly isNews: boolean;
}

export interface GuildChange extends DirectoryNews {
  readonly kind: 'guild';
  readonly id: string;
  readonly name: string;
  /** Digest of what a reader can see of it; equal digests mean "nothing changed". */
  readonly hash: string;
  /** JSON text of the mirrored guild object. */
  readonly payload: string;
  /** As `payload`, shortened if need be to what an event may carry. */
  readonly eventPayload: string;
}

/** The bot is no member any more (not an outage). */
export interface GuildLeftChange extends Observed {
  readonly kind: 'guild-left';
  readonly id: string;
}

export interface ChannelChange extends DirectoryNews {
  readonly kind: 'channel';
  readonly id: string;
  readonly guildId: string;
  readonly parentId: string | null;
  /** Discord's channel type number. */
  readonly type: number;
  readonly name: string;
  /** Newest message id when we first saw the channel; kept from the first sighting on. History before it is not a gap. */
  readonly baselineMessageId: string | null;
  readonly isDeleted: boolean;
  /** As of a guild; not of what every message moves (`last_message_id`, counts). */
  readonly hash: string;
  /** JSON text of the mirrored channel object, without `last_pin_timestamp`. */
  readonly payload: string;
}

/** When the newest pin of a channel was set. Means nothing for a channel that is not stored. */
export interface PinsChange extends DirectoryNews {
  readonly kind: 'pins';
  /** The channel's. */
  readonly id: string;
  /** RFC 3339 UTC with milliseconds; null when nothing was ever pinned. */
  readonly lastPinTimestamp: string | null;
}

/** Nothing is left to delete in a deleted channel. Fed after the deletes, so that it is never ahead of them. No event. */
export interface EmptiedChange {
  readonly kind: 'emptied';
  /** The channel's. */
  readonly id: string;
}

export type DirectoryChange = GuildChange | GuildLeftChange | ChannelChange | PinsChange;

/** A time in which dispatches of a guild were missed, as it stands now; the first and the last one are events of the log. */
export interface GapChange {
  readonly kind: 'gap';
  /** Microseconds since the Unix epoch at which it was noticed, decimal: `EventLog.stamp()`. */
  readonly id: string;
  readonly guildId: string;
  /** Why dispatches were missed; stable, lower case with underscores. */
  readonly reason: string;
  /** Milliseconds since the Unix epoch at which we last listened; null when nobody knows. */
  readonly sinceMs: number | null;
  /** `open` until Discord named the guild's channels, `planned` while they are caught up, `closed` for good. */
  readonly state: 'open' | 'planned' | 'closed';
  readonly observedAt: number;
  /** Channels and threads that Discord refused; empty until `closed`. */
  readonly unrecoverable: readonly string[];
}

/** `presence`: Discord is asked whether it is there. `missed`: what came after the cursor is fetched. `look_back`: what is stored
 *  below the cursor is compared. `threads`: threads that were archived or deleted meanwhile are looked for. `unrecoverable`:
 *  Discord refuses the channel. */
export type CatchUpPhase = 'presence' | 'missed' | 'look_back' | 'threads' | 'done' | 'unrecoverable';

/** How far a channel or thread has come in closing a gap. Fed after the messages it speaks of, so that it is never ahead of
 *  what is stored. No event. */
export interface CatchUpChange {
  readonly kind: 'catch_up';
  /** The channel's. */
  readonly id: string;
  readonly gapId: string;
  readonly guildId: string;
  readonly phase: CatchUpPhase;
  /** `missed`, `presence`: nothing is missing up to here. `look_back`: compared down to here, null = not begun. */
  readonly cursorId: string | null;
  /** Newest stored message when it was planned; null = none. `look_back` starts there: what is newer is fetched anew. */
  readonly newestId: string | null;
  /** Stored messages that `look_back` has compared. */
  readonly examined: number;
}

/** What of a channel is imported page by page, newest first: its messages, or its archived threads (private ones as far as the
 *  bot may see them: all, or those it has joined). */
export type BackfillList = 'messages' | 'public' | 'private' | 'joined';

/** How far the import of older history has come in one list of a channel. Fed after what it speaks of, so that it is never
 *  ahead of what is stored. No event. */
export interface BackfillChange {
  readonly kind: 'backfill';
  /** The channel's. */
  readonly id: string;
  readonly guildId: string;
  readonly list: BackfillList;
  /** `messages`, `joined`: everything from this id on is imported. `public`, `private`: every thread that was archived at this
   *  time (RFC 3339, as Discord writes it) or later. Null: nothing yet. */
  readonly cursor: string | null;
  /** The list's end was reached: nothing older exists. */
  readonly isWhole: boolean;
  /** Nothing is left to do: nothing older exists, or is wanted. */
  readonly isDone: boolean;
  /** The HTTP status with which Discord refused to go on; null while it does not. */
  readonly refused: number | null;
}

/** Whom the list of forgotten authors names is to be taken out of somebody else's message: quotes, names, reactions. What the
 *  message's earlier events held is blanked, and one MESSAGE_UPDATE has the message as it is now. */
export interface RedactChange extends Observed {
  readonly kind: 'redact';
  /** The message's. */
  readonly id: string;
  readonly guildId: string;
  readonly channelId: string;
  /** Whose marks on the message lose their owner. */
  readonly userId: string;
  readonly erasureId: string;
  /** An event of the message names the user, whatever the message itself says. */
  readonly isLogged: boolean;
}

/** How far an erasure has come. Fed after the changes it speaks of, so that it is never ahead of them. No event. */
export interface ErasureChange {
  readonly kind: 'erasure';
  /** The erasure's. */
  readonly id: string;
  /** The messages of others were searched up to here. */
  readonly cursorId: string;
  readonly isDone: boolean;
}
