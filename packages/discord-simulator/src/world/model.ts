import type {
  APIEmbed,
  APIMessageSnapshot,
  APIMessageTopLevelComponent,
  APIOverwrite,
  APIPoll,
  APIRole,
  APIStickerItem,
  APIUser,
  ChannelType,
  MessageType,
} from 'discord-api-types/v10';

/** A user, with the API object made once: users of this world never change. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly api: APIUser;
}

/** A member's part that the API shows without its user; remade when nick or roles change. */
export interface Member {
  readonly user: User;
  readonly nick: string | null;
  /** Hash of the avatar for this guild alone. */
  readonly avatar: string | null;
  readonly roleIds: readonly string[];
  readonly joinedAtMs: number;
}

export interface Guild {
  readonly id: string;
  name: string;
  readonly ownerId: string;
  readonly roles: APIRole[];
  readonly members: Map<string, Member>;
  readonly channels: Map<string, Channel>;
  /** False during a simulated outage: nothing of the guild is delivered. */
  available: boolean;
}

export interface Thread {
  readonly parent: Channel;
  readonly ownerId: string;
  readonly createdAtMs: number;
  archived: boolean;
  archiveChangedAtMs: number;
  sentCount: number;
}

export interface Channel {
  readonly id: string;
  readonly guild: Guild;
  readonly type: ChannelType;
  name: string;
  readonly topic: string | null;
  readonly position: number;
  readonly parentId: string | null;
  /** Set for threads only. */
  readonly thread: Thread | null;
  /** Messages that Discord still shows, oldest first, ascending by id. */
  readonly messages: Message[];
  lastMessageId: string | null;
  lastPinAtMs: number | null;
  /** True while the bot may not view it: no dispatches of it, REST answers 403. */
  hidden: boolean;
  /** As set by hand; absent = what `hidden` needs. */
  overwrites?: readonly APIOverwrite[];
  /** True while the bot lacks READ_MESSAGE_HISTORY: its history reads as empty. Default false. */
  isHistoryRefused?: boolean;
}

export interface Reaction {
  readonly emojiId: string | null;
  readonly emojiName: string;
  /** Who reacted normally. */
  readonly userIds: Set<string>;
  /** Who spent a super reaction. */
  readonly burstIds: Set<string>;
}

export interface Attachment {
  readonly id: string;
  readonly filename: string;
  readonly size: number;
  readonly contentType: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly description: string | null;
  /** Of a voice message: seconds, and the loudness as base64. */
  readonly voice?: { readonly durationSecs: number; readonly waveform: string };
}

export interface Reference {
  readonly kind: 'reply' | 'forward' | 'pointer';
  readonly guildId: string;
  readonly channelId: string;
  readonly messageId: string | null;
}

export interface Poll {
  readonly api: APIPoll;
  /** Answer id to the voters. */
  readonly votes: Map<number, Set<string>>;
  finalized: boolean;
}

/** What most messages lack, kept apart so that a plain message costs little memory. */
export interface MessageExtra {
  embeds: readonly APIEmbed[];
  attachments: readonly Attachment[];
  readonly reactions: Reaction[];
  readonly reference: Reference | null;
  readonly snapshot: APIMessageSnapshot | null;
  readonly nonce: string | number | null;
  readonly webhook: boolean;
  readonly poll: Poll | null;
  readonly stickers: readonly APIStickerItem[];
  readonly components: readonly APIMessageTopLevelComponent[];
  thread: Channel | null;
  pinnedAtMs: number | null;
}

export interface Message {
  readonly id: string;
  readonly channel: Channel;
  readonly author: User;
  readonly type: MessageType;
  content: string;
  flags: number;
  editedAtMs: number | null;
  /** Digits below the millisecond of the edit time (0–999); an unfurl cuts them off. */
  editedMicros: number;
  deleted: boolean;
  extra: MessageExtra | null;
}
