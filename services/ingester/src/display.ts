import type { MessageDisplay } from '@dms/protocol';
import { type DirectoryView, memberColor } from './directory.ts';
import { type MemberEntry, memberEntry, nameOf } from './members.ts';
import { messageText } from './plain-text.ts';
import { idAt, type JsonObject, objectAt, objectsIn, stringAt } from './sanitise.ts';
import { systemText } from './system-text.ts';

const CDN = 'https://cdn.discordapp.com';
const DEFAULT_AVATARS = 6n;
/** Of accounts that still have a discriminator, and of webhooks (`0000`). */
const LEGACY_DEFAULT_AVATARS = 5;
/** When a link to Discord's files stops working: seconds since the Unix epoch, in hexadecimal. */
const EXPIRY = /[?&]ex=([0-9a-f]{1,10})(?![0-9a-f])/g;

function avatarUrl(author: JsonObject, member: MemberEntry | null, guildId: string): string {
  const id = idAt(author, 'id') ?? '0';
  if (member?.avatar != null) return `${CDN}/guilds/${guildId}/users/${id}/avatars/${member.avatar}.png`;
  const avatar = stringAt(author, 'avatar');
  if (avatar !== null) return `${CDN}/avatars/${id}/${avatar}.png`;
  const discriminator = stringAt(author, 'discriminator') ?? '0';
  const index = /^\d{4}$/.test(discriminator)
    ? Number(discriminator) % LEGACY_DEFAULT_AVATARS
    : Number((BigInt(id) >> 22n) % DEFAULT_AVATARS);
  return `${CDN}/embed/avatars/${index}.png`;
}

/** False when there is nothing at all to show and the intent is missing: then Discord withheld it. What the bot wrote itself or
 *  is mentioned in comes with its content even so. */
function isContentAvailable(message: JsonObject, hasMessageContent: boolean): boolean {
  if (hasMessageContent) return true;
  const parts = [message.attachments, message.embeds, message.components, message.sticker_items];
  return stringAt(message, 'content') !== '' || parts.some((part) => objectsIn(part).length > 0);
}

/** The earliest moment at which one of the message's file links stops working; null when it has none that expires. */
function linksExpireAt(message: JsonObject): string | null {
  const forwarded = objectsIn(message.message_snapshots).map((snapshot) => objectAt(snapshot, 'message'));
  const files = [message, ...forwarded].flatMap((part) => objectsIn(part?.attachments));
  if (files.length === 0) return null;
  const times = files.flatMap((file) =>
    [...(stringAt(file, 'url') ?? '').matchAll(EXPIRY)].map(([, hex = '']) => Number.parseInt(hex, 16) * 1_000),
  );
  const sound = times.filter((timeMs) => timeMs < MAX_TIME_MS);
  return sound.length === 0 ? null : new Date(Math.min(...sound)).toISOString();
}

const MAX_TIME_MS = Date.UTC(9999, 11, 31);

export interface DisplayContext {
  readonly guildId: string;
  readonly channelId: string;
  readonly directory: DirectoryView;
  /** Whether the application has the Message Content intent. */
  readonly hasMessageContent: boolean;
}

/** Who wrote it, as a member of the guild. REST leaves members out, so the one last seen stands in; a webhook is none. */
function authorMember(message: JsonObject, author: JsonObject, context: DisplayContext): MemberEntry | null {
  const member = objectAt(message, 'member');
  if (member !== null) return memberEntry(author, member);
  const id = idAt(author, 'id');
  if (id === null || stringAt(message, 'webhook_id') !== null) return null;
  return context.directory.member(context.guildId, id) ?? null;
}

/** Resolves at write time what a reader would otherwise have to look up: names change later, a record should not. */
export function displayOf(message: JsonObject, author: JsonObject, context: DisplayContext): MessageDisplay {
  const { guildId, directory } = context;
  const member = authorMember(message, author, context);
  const guild = directory.guild(guildId);
  const channel = directory.channel(context.channelId);
  const authorName = member?.nick ?? nameOf(author, null) ?? 'unknown-user';
  const textOf = (part: JsonObject): string =>
    messageText(part, { guildId, directory, mentions: objectsIn(part.mentions) });
  return {
    text: systemText(message, { author: authorName, guildName: guild?.name ?? '', textOf }) ?? textOf(message),
    author_name: authorName,
    author_color: memberColor(guild, member?.roleIds ?? []),
    author_avatar_url: avatarUrl(author, member, guildId),
    channel_name: channel?.name ?? '',
    guild_name: guild?.name ?? '',
    parent_id: channel?.parentId ?? null,
    content_available: isContentAvailable(message, context.hasMessageContent),
    links_expire_at: linksExpireAt(message),
  };
}
