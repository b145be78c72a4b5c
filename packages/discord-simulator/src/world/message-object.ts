import { createHash } from 'node:crypto';
import {
  type APIAttachment,
  type APIGuildMemberNoUser,
  type APIMessage,
  type APIReaction,
  MessageReferenceType,
  MessageType,
} from 'discord-api-types/v10';
import { discordTimestamp } from '../discord-time.ts';
import { snowflakeTimeMs } from '../snowflake.ts';
import { threadObject } from './channel-object.ts';
import { NO_FLAGS } from './flags.ts';
import type { Attachment, Member, Message, MessageExtra, Reaction } from './model.ts';
import { pollObject } from './poll-object.ts';
import type { World } from './world.ts';

const HOUR_MS = 3_600_000;
const MENTION = /<@(!|&)?(\d{17,20})>/g;

/** The message as REST answers it: no guild_id, no member. Replies carry the whole message they answer. */
export function messageObject(world: World, message: Message): APIMessage {
  const { extra } = message;
  const object = plainObject(world, message);
  if (extra === null) return object;
  object.attachments = extra.attachments.map((attachment) => attachmentObject(world, message, attachment));
  object.embeds = [...extra.embeds];
  if (extra.reactions.length > 0) object.reactions = extra.reactions.map((reaction) => reactionObject(world, reaction));
  if (extra.stickers.length > 0) object.sticker_items = [...extra.stickers];
  if (extra.components.length > 0) object.components = [...extra.components];
  if (extra.nonce !== null) object.nonce = extra.nonce;
  if (extra.webhook) object.webhook_id = message.author.id;
  if (extra.poll !== null) object.poll = pollObject(world, extra.poll);
  if (extra.snapshot !== null) object.message_snapshots = [extra.snapshot];
  if (extra.thread !== null) Object.assign(object, { thread: threadObject(extra.thread) });
  if (extra.reference !== null) addReference(world, object, extra.reference);
  return object;
}

/** The message as the gateway dispatches it: with guild_id, channel_type, the author's member and the mentioned users' members. */
export function gatewayMessage(world: World, message: Message): GatewayMessage {
  const { guild } = message.channel;
  const object = messageObject(world, message);
  const mentions = object.mentions.map((user) => {
    const member = guild.members.get(user.id);
    return member === undefined ? user : { ...user, member: memberObject(member) };
  });
  const author = guild.members.get(message.author.id);
  const placed = { ...object, mentions, guild_id: guild.id, channel_type: message.channel.type };
  // Webhook authors are no members, and Discord leaves the field out for them.
  return author === undefined ? placed : { ...placed, member: memberObject(author) };
}

export type GatewayMessage = APIMessage & { guild_id: string; channel_type: number; member?: APIGuildMemberNoUser };

const memberObjects = new WeakMap<Member, APIGuildMemberNoUser>();

/** A guild member without its user, as inside message events. The same member gives the same object. */
export function memberObject(member: Member): APIGuildMemberNoUser {
  const known = memberObjects.get(member);
  if (known !== undefined) return known;
  const object: APIGuildMemberNoUser = {
    roles: [...member.roleIds],
    premium_since: null,
    pending: false,
    nick: member.nick,
    mute: false,
    joined_at: discordTimestamp(member.joinedAtMs),
    flags: NO_FLAGS,
    deaf: false,
    communication_disabled_until: null,
    banner: null,
    avatar: member.avatar,
  };
  memberObjects.set(member, object);
  return object;
}

function plainObject(world: World, message: Message): APIMessage {
  const { content } = message;
  const mentioned = content.includes('<@') ? mentionsIn(world, message) : NO_MENTIONS;
  return {
    type: message.type,
    content,
    mentions: mentioned.users.map((user) => user.api),
    mention_roles: mentioned.roleIds,
    attachments: [],
    embeds: [],
    timestamp: discordTimestamp(snowflakeTimeMs(message.id)),
    edited_timestamp: message.editedAtMs === null ? null : discordTimestamp(message.editedAtMs, message.editedMicros),
    flags: message.flags,
    components: [],
    id: message.id,
    channel_id: message.channel.id,
    author: message.author.api,
    pinned: message.extra?.pinnedAtMs != null,
    mention_everyone: content.includes('@everyone') || content.includes('@here'),
    tts: false,
  };
}

const NO_MENTIONS = { users: [], roleIds: [] };

function mentionsIn(world: World, message: Message) {
  const { guild } = message.channel;
  const found = [...message.content.matchAll(MENTION)];
  const userIds = new Set(found.filter(([, kind]) => kind !== '&').map(([, , id]) => id ?? ''));
  const roleIds = new Set(found.filter(([, kind]) => kind === '&').map(([, , id]) => id ?? ''));
  return {
    users: [...userIds].flatMap((id) => world.users.get(id) ?? []),
    roleIds: guild.roles.filter((role) => roleIds.has(role.id)).map((role) => role.id),
  };
}

function addReference(world: World, object: APIMessage, reference: NonNullable<MessageExtra['reference']>): void {
  object.message_reference = {
    type: reference.kind === 'forward' ? MessageReferenceType.Forward : MessageReferenceType.Default,
    channel_id: reference.channelId,
    guild_id: reference.guildId,
    ...(reference.messageId === null ? {} : { message_id: reference.messageId }),
  };
  const carriesOriginal = object.type === MessageType.Reply || object.type === MessageType.ThreadStarterMessage;
  if (!carriesOriginal || reference.messageId === null) return;
  const original = world.messages.get(reference.messageId);
  // Discord says null for a deleted original, and never nests a second level.
  if (original === undefined || original.deleted) object.referenced_message = null;
  else object.referenced_message = plainWithMedia(world, original);
}

function plainWithMedia(world: World, message: Message): APIMessage {
  const object = plainObject(world, message);
  if (message.extra === null) return object;
  object.attachments = message.extra.attachments.map((attachment) => attachmentObject(world, message, attachment));
  object.embeds = [...message.extra.embeds];
  return object;
}

/** Discord derives them from the emoji; here they are always the same. */
export const BURST_COLORS = ['#ff6f61', '#ffd166'] as const;

function reactionObject(world: World, reaction: Reaction): APIReaction {
  return {
    emoji: { id: reaction.emojiId, name: reaction.emojiName },
    count: reaction.userIds.size + reaction.burstIds.size,
    count_details: { burst: reaction.burstIds.size, normal: reaction.userIds.size },
    burst_colors: reaction.burstIds.size === 0 ? [] : [...BURST_COLORS],
    me_burst: reaction.burstIds.has(world.bot.id),
    me: reaction.userIds.has(world.bot.id),
  };
}

function attachmentObject(world: World, message: Message, attachment: Attachment): APIAttachment {
  const path = `attachments/${message.channel.id}/${attachment.id}/${encodeURIComponent(attachment.filename)}`;
  const query = signature(world, path);
  return {
    id: attachment.id,
    filename: attachment.filename,
    size: attachment.size,
    url: `https://cdn.discordapp.com/${path}?${query}`,
    proxy_url: `https://media.discordapp.net/${path}?${query}`,
    content_type: attachment.contentType,
    ...(attachment.width === null ? {} : { width: attachment.width, height: attachment.height }),
    ...(attachment.description === null ? {} : { description: attachment.description }),
    ...(attachment.voice === undefined
      ? {}
      : { duration_secs: attachment.voice.durationSecs, waveform: attachment.voice.waveform }),
  };
}

/** Discord signs CDN links when it answers: `ex` and `is` are hexadecimal seconds, a day apart, and change with time. */
export function signature(world: World, path: string): string {
  const issuedMs = Math.floor(world.now() / HOUR_MS) * HOUR_MS;
  const is = Math.floor(issuedMs / 1000).toString(16);
  const ex = Math.floor((issuedMs + 24 * HOUR_MS) / 1000).toString(16);
  const hm = createHash('sha256').update(`${path}\0${ex}`).digest('hex');
  return `ex=${ex}&is=${is}&hm=${hm}&`;
}
