import type { APIMessage } from 'discord-api-types/payloads/v10';

/** What a reader would otherwise have to resolve, fixed at the time of writing. */
export interface MessageDisplay {
  /** Plain text: mentions, custom emoji and timestamps resolved. */
  readonly text: string;
  /** Nickname, else global name, else username. */
  readonly author_name: string;
  /** `#rrggbb` of the highest coloured role, or null. */
  readonly author_color: string | null;
  readonly author_avatar_url: string;
  readonly channel_name: string;
  readonly guild_name: string;
  /** The channel a thread belongs to; null outside threads. */
  readonly parent_id: string | null;
  /** False when Discord withheld the content (Message Content intent missing), as opposed to an empty message. */
  readonly content_available: boolean;
  /** When the first of the links to attached files stops working, RFC 3339; null when none expires. */
  readonly links_expire_at: string | null;
}

/** Discord's message object plus our own fields. Fields Discord adds later survive unread. */
export type StoredMessage = Omit<APIMessage, 'edited_timestamp'> & {
  readonly guild_id: string;
  readonly edited_timestamp: string | null;
  readonly deleted_at: string | null;
  /** Number of edits seen; refreshes (unfurl, pin) do not count. */
  readonly revision: number;
  readonly display: MessageDisplay;
};
