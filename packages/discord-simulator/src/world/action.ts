import type { APIEmbed } from 'discord-api-types/v10';
import type { MessageDraft } from './messages.ts';
import type { Channel, Message } from './model.ts';

/** Everything that can be done to the world by a script line, the control API or a test. Ids throughout; users by id or name. */
export type Action =
  | ({ readonly op: 'message'; readonly channel: string; readonly user: string; readonly text: string } & MessageParts)
  | { readonly op: 'edit'; readonly message: string; readonly text: string }
  | { readonly op: 'refresh'; readonly message: string; readonly embeds: readonly APIEmbed[] }
  | { readonly op: 'delete'; readonly message: string }
  | { readonly op: 'bulk_delete'; readonly messages: readonly string[] }
  | {
      readonly op: 'react' | 'unreact';
      readonly message: string;
      readonly user: string;
      readonly emoji: string;
      /** A super reaction. Default false. */
      readonly burst?: boolean;
    }
  | { readonly op: 'clear_reactions'; readonly message: string; readonly emoji?: string }
  | { readonly op: 'pin' | 'unpin'; readonly message: string }
  | { readonly op: 'forward'; readonly message: string; readonly channel: string; readonly user: string }
  | { readonly op: 'thread'; readonly message: string; readonly name: string }
  | { readonly op: 'archive_thread' | 'unarchive_thread' | 'delete_thread'; readonly thread: string }
  | {
      readonly op: 'post';
      readonly channel: string;
      readonly user: string;
      readonly name: string;
      readonly text: string;
      /** A private thread; not in a forum. */
      readonly private?: boolean;
    }
  | {
      readonly op: 'poll';
      readonly channel: string;
      readonly user: string;
      readonly question: string;
      readonly answers: readonly string[];
    }
  | { readonly op: 'vote' | 'unvote'; readonly message: string; readonly user: string; readonly answer: number }
  | { readonly op: 'close_poll'; readonly message: string }
  /** `type` is Discord's number (15 = forum). Default: a text channel. */
  | { readonly op: 'create_channel'; readonly guild: string; readonly name: string; readonly type?: number }
  | { readonly op: 'rename_channel'; readonly channel: string; readonly name: string }
  | { readonly op: 'delete_channel'; readonly channel: string }
  | { readonly op: 'rename_guild'; readonly guild: string; readonly name: string }
  /** The bot is removed from the guild. */
  | { readonly op: 'leave_guild'; readonly guild: string }
  /** An overwrite of a channel for a role or member, by name or id; bits as decimal text. */
  | {
      readonly op: 'overwrite';
      readonly channel: string;
      readonly whom: string;
      readonly allow: string;
      readonly deny: string;
    }
  | { readonly op: 'role_permissions'; readonly guild: string; readonly role: string; readonly permissions: string }
  | { readonly op: 'color_role'; readonly guild: string; readonly role: string; readonly color: number }
  /** Empty takes the nickname or the guild avatar (a hash) away. */
  | {
      readonly op: 'member';
      readonly guild: string;
      readonly user: string;
      readonly nick?: string;
      readonly avatar?: string;
    };

/** The optional parts of a new message. */
export interface MessageParts {
  readonly replyTo?: string;
  readonly embeds?: readonly APIEmbed[];
  readonly attachments?: NonNullable<MessageDraft['attachments']>;
  /** The author is a webhook of this name, not a member. Default false. */
  readonly webhook?: boolean;
  readonly stickers?: NonNullable<MessageDraft['stickers']>;
  /** Discord's shape, taken as they are. */
  readonly components?: NonNullable<MessageDraft['components']>;
  /** Discord's number of a system message (7 = joined, 8 = boosted …). Default: an ordinary message. */
  readonly type?: number;
}

/** What an action made: a message, a channel or thread, or nothing. */
export type ActionResult =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'channel'; readonly channel: Channel }
  | { readonly kind: 'none' };
