import type { Origin } from '@dms/protocol';

/** What the ingester learned, in the order it learned it. The reducer decides whether it changes anything. */
export type Change = MessageChange | DeleteChange | GuildChange | ChannelChange | GapChange | CatchUpChange;

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
  /** Digest of everything a reader can see of the message; equal digests mean "nothing changed". */
  readonly hash: string;
  /** `edited_timestamp` cut to milliseconds; null when never edited. Discord repeats it truncated, so never compare finer. */
  readonly editedAtMs: number | null;
  /** JSON text of the stored message object, without `revision` and `origin`, which the reducer adds. */
  readonly payload: string;
}

export interface DeleteChange extends Observed {
  readonly kind: 'delete';
  readonly id: string;
  readonly guildId: string;
  readonly channelId: string;
  readonly parentId: string | null;
  /** Shared by all deletes of one bulk delete; null for a single one. */
  readonly bulkId: string | null;
}

/** Directory rows carry no event in the log (yet); they are written in the same transaction as the messages around them. */
export interface GuildChange {
  readonly kind: 'guild';
  readonly id: string;
  readonly name: string;
  /** JSON text of the mirrored guild object. */
  readonly payload: string;
}

export interface ChannelChange {
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
  /** JSON text of the mirrored channel object. */
  readonly payload: string;
}

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

/** `missed`: what came after the cursor is fetched. `look_back`: what is stored below the cursor is compared. `threads`: threads
 *  that were archived meanwhile are looked for. `unrecoverable`: Discord refuses the channel. */
export type CatchUpPhase = 'missed' | 'look_back' | 'threads' | 'done' | 'unrecoverable';

/** How far a channel or thread has come in closing a gap. Fed after the messages it speaks of, so that it is never ahead of
 *  what is stored. No event. */
export interface CatchUpChange {
  readonly kind: 'catch_up';
  /** The channel's. */
  readonly id: string;
  readonly gapId: string;
  readonly guildId: string;
  readonly phase: CatchUpPhase;
  /** `missed`: nothing is missing up to here. `look_back`: compared down to here, null = not begun. */
  readonly cursorId: string | null;
  /** Stored messages that `look_back` has compared. */
  readonly examined: number;
}
