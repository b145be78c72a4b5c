import type { EventRoute, LogEvent, Position } from '@dms/protocol';
import type { BackfillStore } from './backfill-store.ts';
import type { CatchUpChange, Change } from './change.ts';
import type { DiscordSession } from './discord-session.ts';
import type { IngestStore } from './ingest-store.ts';
import type { OrphanStore } from './orphan-store.ts';
import type { ErasureStore, PrivacyStore } from './privacy-store.ts';

/** The durable log and message store of one deployment. One writer at a time, any number of readers on any machine. */
export interface EventLog
  extends LogReader,
    MessageStore,
    IngestStore,
    OrphanStore,
    BackfillStore,
    PrivacyStore,
    ErasureStore {
  /** Tries to become the writer: one statement, waits at most 1 s for a lock. Null while another holder's lease (5 s by
   *  the database's clock) is alive. A granted term is greater than every earlier one, also across lost commits. */
  acquire(holder: string): Promise<LogWriter | null>;
  /** Microseconds since the Unix epoch, estimated on the database's clock, strictly increasing in this process. */
  stamp(): number;
  /** Resolves when the database answers; rejects otherwise. At most 2 s. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The right to extend the log. Any rejection of `append` or `renew` means: forget this writer, acquire again, re-feed. */
export interface LogWriter {
  readonly term: number;
  /** Whose end this term follows directly. Unless it is this process's own, somebody else may have written meanwhile, also what is
   *  no event. */
  readonly precedingTerm: number;
  /** The newest event when the lease was granted. Below what this process had committed before, the database lost commits. */
  readonly acquiredSeq: number;
  /** Reduces the changes against the stored state and commits what is left in one transaction, renewing the lease.
   *  `session` is stored in the same transaction: it must not claim more of Discord's dispatches than these changes and the
   *  ones before. At most 500 changes. Resolves after COMMIT with the appended events, ascending and gap-free.
   *  Changes the database refuses (SQLSTATE class 22, 23, 54) end in `dead_letter` and are counted, not thrown.
   *  Calls must not overlap. @throws FencedError when another writer took over; anything else means "outcome unknown". */
  append(changes: readonly Change[], session?: DiscordSession | null): Promise<AppendResult>;
  /** Extends the lease while idle and publishes `status` for readers; `session` as in `append`. Waits for an append in flight.
   *  @throws FencedError */
  renew(status: WriterStatus, session?: DiscordSession | null): Promise<void>;
  /** Lets a standby (or this process) acquire at once, also after a rejected `append`. The writer is unusable afterwards.
   *  Best effort, never rejects. */
  release(): Promise<void>;
}

export type DropReason = 'same' | 'stale' | 'deleted' | 'incomplete';

export interface AppendResult {
  readonly events: readonly LogEvent[];
  /** Message changes that altered nothing, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly deadLettered: number;
}

/** What the writer says about itself, for `/health`. */
export interface WriterStatus {
  readonly discord: 'connected' | 'connecting' | 'disconnected';
  readonly detail: string | null;
}

export interface WriterState {
  readonly term: number;
  readonly seq: number;
  readonly holder: string;
  /** False when nobody holds the lease right now (database clock). */
  readonly isHeld: boolean;
  readonly status: WriterStatus | null;
  /** Of all guilds. */
  readonly openGaps: number;
}

/** All reads go to the primary: a replica may lag behind what was published. */
export interface LogReader {
  /** Up to `limit` (1–1,000) events with `seq >= fromSeq`, ascending, without holes. Overlap reads start at the last event
   *  the caller holds and check that the first row is that very event. */
  read(fromSeq: number, limit: number): Promise<readonly LogEvent[]>;
  /** The newest `limit` (1–20,000) events, ascending. Empty only when nothing was ever appended. */
  tail(limit: number): Promise<readonly LogEvent[]>;
  /** The event at `seq`, without its payload; null when pruned or not yet written. */
  locate(seq: number): Promise<(EventRoute & Position) | null>;
  /** What a client may resume from at the earliest: LOG_START while nothing was pruned, afterwards the oldest kept event's own
   *  position, since only a kept row proves the term of the position that names it. */
  oldest(): Promise<Position>;
  /** The position after which all events committed at or after `timeMs` follow (unless pruned: then `oldest()`). */
  positionAt(timeMs: number): Promise<Position>;
  /** Deletes at most `limit` events committed before `timeMs`, oldest first, never the newest one. Returns how many. */
  prune(timeMs: number, limit: number): Promise<number>;
  writerState(): Promise<WriterState>;
}

export interface MessageScope {
  /** Empty = all. */
  readonly guildIds: readonly string[];
  /** Empty = all. */
  readonly channelIds: readonly string[];
  /** Whether a channel also selects its threads. */
  readonly withThreads: boolean;
  /** Empty = all. */
  readonly authorIds: readonly string[];
  /** What the caller's key may ever see; null = everything. A channel also selects its threads. */
  readonly withinChannels: readonly string[] | null;
}

/** `before` and `after` exclude the message itself; `around` takes up to half of the limit newer than `id`, and the message
 *  itself with older ones for the rest. `id` need not exist. */
export type MessageCursor =
  | { readonly kind: 'newest' }
  | { readonly kind: 'before' | 'after' | 'around'; readonly id: string };

export interface MessageQuery extends MessageScope {
  readonly cursor: MessageCursor;
  /** 1–100. */
  readonly limit: number;
  readonly includeDeleted: boolean;
  /** Words as search engines take them: all of them, `"one phrase"`, `this or that`, `-not`. Null = whatever it says.
   *  Deleted messages say nothing, so they are not found. */
  readonly search: string | null;
}

export interface StoredMessageRow {
  readonly id: string;
  readonly isDeleted: boolean;
  readonly channelId: string;
  readonly parentId: string | null;
  /** JSON text of the message object, served verbatim. */
  readonly payload: string;
}

export interface MessagePage {
  /** Newest first, whatever the cursor. */
  readonly messages: readonly StoredMessageRow[];
  /** More messages exist in the direction of travel: newer for `after`, else older. */
  readonly hasMore: boolean;
  /** Of the same snapshot: a stream from here continues this page without a hole or a repeat. */
  readonly position: Position;
}

/** A page whose messages are text already. */
export interface MessagePageText {
  /** JSON array of the message objects, newest first. */
  readonly json: string;
  readonly newestId: string | null;
  readonly oldestId: string | null;
  readonly hasMore: boolean;
  readonly position: Position;
}

export interface DirectoryChannel {
  readonly id: string;
  readonly guildId: string;
  readonly parentId: string | null;
  readonly type: number;
  readonly name: string;
  readonly payload: string;
}

export interface DirectoryGuild {
  readonly id: string;
  readonly name: string;
  readonly payload: string;
}

/** How far the store got in a channel; what `last_message_id` is compared with after a fresh session. */
export interface ChannelProgress {
  readonly channelId: string;
  /** The newer of the newest stored message id and the baseline of the first sighting; null when there is neither. */
  readonly lastMessageId: string | null;
}

export interface MessageStore {
  messages(query: MessageQuery): Promise<MessagePage>;
  /** The same page, put together by the database: for answers that are passed on and not looked into. */
  messagesText(query: MessageQuery): Promise<MessagePageText>;
  message(id: string): Promise<StoredMessageRow | null>;
  /** JSON texts of what the message said before its edits, oldest first; without the present one. Empty when it was never
   *  edited, is deleted, or when revisions are not kept. */
  revisions(id: string): Promise<readonly string[]>;
  /** Those the bot is a member of, by id. */
  guilds(): Promise<readonly DirectoryGuild[]>;
  guild(id: string): Promise<DirectoryGuild | null>;
  /** Without deleted channels, by id. */
  channels(): Promise<readonly DirectoryChannel[]>;
  channel(id: string): Promise<DirectoryChannel | null>;
  /** Of every channel that is not deleted, by id; one index probe each. */
  channelProgress(): Promise<readonly ChannelProgress[]>;
}

/** What is stored of a channel, and what may be missing. */
export interface ChannelCoverage {
  readonly channelId: string;
  readonly guildId: string;
  readonly parentId: string | null;
  /** Discord's channel type number. */
  readonly type: number;
  /** Not deleted; null when there is none. */
  readonly oldestMessageId: string | null;
  readonly newestMessageId: string | null;
  /** Its part in its newest gap; null when it never had one, or when that gap is closed and the channel complete. */
  readonly catchUp: CatchUpChange | null;
  /** Null when importing it never began. */
  readonly backfill: BackfillCoverage | null;
}

/** What is imported of a channel from before it was first seen. */
export interface BackfillCoverage {
  /** Its messages from this id on, as far as Discord showed them; null for channels that only have threads. */
  readonly cursorId: string | null;
  /** Its first message was reached. */
  readonly isWhole: boolean;
  /** Also its archived threads are found, as far as they are wanted. */
  readonly isDone: boolean;
  /** The HTTP status with which Discord refuses to go on; null while it does not. */
  readonly refused: number | null;
}
