import type { EventType, Origin, StoredMessage } from '@dms/protocol/vocabulary';
import type { APIChannel, APIGuild } from 'discord-api-types/payloads/v10';

/** How the server learned of it, in every payload. */
interface Learned {
  readonly origin: Origin;
}

/** Discord's message object with ours beside it. */
export type MessagePayload = StoredMessage &
  Learned & {
    /** Something was left out because the message was too large to store. */
    readonly truncated?: true;
    /** Somebody was taken out of it: replace what you hold. */
    readonly redacted?: true;
    readonly purged?: undefined;
  };

/** What is left of an event whose message was deleted since: skip it. */
export interface PurgedPayload extends Learned {
  readonly purged: true;
  readonly id: string | null;
  readonly channel_id: string | null;
  readonly guild_id: string | null;
}

export interface MessageDeletePayload extends Learned {
  readonly id: string;
  readonly channel_id: string;
  readonly guild_id: string;
  readonly deleted_at: string;
  /** Shared by all that were deleted together. */
  readonly bulk_id?: string;
  /** Why it was deleted here although Discord may still have it. */
  readonly reason?: 'erasure' | 'retention';
}

interface OfMessage extends Learned {
  readonly message_id: string;
  readonly channel_id: string;
  readonly guild_id: string;
  readonly purged?: undefined;
}

interface ByUser extends OfMessage {
  /** Absent of somebody who opted out. */
  readonly user_id?: string;
  readonly display?: { readonly user_name: string | null };
}

interface Emoji {
  readonly id: string | null;
  readonly name: string | null;
  readonly animated?: boolean;
}

export interface ReactionPayload extends ByUser {
  readonly emoji: Emoji;
  readonly burst: boolean;
  readonly message_author_id?: string;
}

export interface PollVotePayload extends ByUser {
  readonly answer_id: number;
}

export interface GapPayload extends Learned {
  readonly gap_id: string;
  readonly guild_id: string;
  readonly reason: string;
  readonly since: string | null;
  readonly opened_at: string;
}

/** A channel or thread, or with `*_DELETE` its ids. */
export type ChannelPayload = APIChannel & Learned;
export interface ChannelDeletePayload extends Learned {
  readonly id: string;
  readonly guild_id: string;
  readonly parent_id?: string | null;
}

/** `d` of each event type. */
export interface EventPayloads {
  readonly MESSAGE_CREATE: MessagePayload | PurgedPayload;
  readonly MESSAGE_UPDATE: MessagePayload | PurgedPayload;
  readonly MESSAGE_DELETE: MessageDeletePayload;
  readonly MESSAGE_REACTION_ADD: ReactionPayload | PurgedPayload;
  readonly MESSAGE_REACTION_REMOVE: ReactionPayload | PurgedPayload;
  readonly MESSAGE_REACTION_REMOVE_ALL: OfMessage | PurgedPayload;
  readonly MESSAGE_REACTION_REMOVE_EMOJI: (OfMessage & { readonly emoji: Emoji }) | PurgedPayload;
  readonly MESSAGE_POLL_VOTE_ADD: PollVotePayload | PurgedPayload;
  readonly MESSAGE_POLL_VOTE_REMOVE: PollVotePayload | PurgedPayload;
  readonly CHANNEL_PINS_UPDATE: Learned & {
    readonly channel_id: string;
    readonly guild_id: string;
    readonly last_pin_timestamp: string | null;
  };
  readonly CHANNEL_CREATE: ChannelPayload;
  readonly CHANNEL_UPDATE: ChannelPayload;
  readonly CHANNEL_DELETE: ChannelDeletePayload | ChannelPayload;
  readonly THREAD_CREATE: ChannelPayload;
  readonly THREAD_UPDATE: ChannelPayload;
  readonly THREAD_DELETE: ChannelDeletePayload;
  readonly GUILD_UPDATE: Partial<APIGuild> & { readonly id: string } & Learned;
  readonly GUILD_DELETE: Learned & { readonly id: string };
  readonly GAP_OPEN: GapPayload;
  readonly GAP_CLOSE: GapPayload & { readonly closed_at: string; readonly unrecoverable: readonly string[] };
}

/** Fails to compile when the vocabulary knows a type that has no payload here. */
export type PayloadOf<Type extends EventType> = EventPayloads[Type];
