import type { MessageDisplay } from '@dms/protocol';
import { type DirectoryView, memberColor } from './directory.ts';
import { idAt, type JsonObject, objectAt, objectsIn, stringAt, stringsIn } from './sanitise.ts';

const CDN = 'https://cdn.discordapp.com';
/** What Discord writes between angle brackets in a message. https://discord.com/developers/docs/reference#message-formatting */
const REFERENCE =
  /<(?:@!?(?<user>\d+)|@&(?<role>\d+)|#(?<channel>\d+)|a?:(?<emoji>\w+):\d+|t:(?<time>-?\d{1,12})(?::\w)?|\/(?<command>[^:<>]{1,100}):\d+|id:(?<page>[\w-]+)(?::\d+)?)>/g;
const DEFAULT_AVATARS = 6n;
/** Of accounts that still have a discriminator, and of webhooks (`0000`). */
const LEGACY_DEFAULT_AVATARS = 5;
/** Later dates have no four-digit year; nobody means them. */
const MAX_TIME_MS = Date.UTC(9999, 11, 31);

const nameOf = (user: JsonObject | null, member: JsonObject | null): string | null =>
  stringAt(member, 'nick') ?? stringAt(user, 'global_name') ?? stringAt(user, 'username');

function avatarUrl(author: JsonObject, member: JsonObject | null, guildId: string): string {
  const id = idAt(author, 'id') ?? '0';
  const memberAvatar = stringAt(member, 'avatar');
  if (memberAvatar !== null) return `${CDN}/guilds/${guildId}/users/${id}/avatars/${memberAvatar}.png`;
  const avatar = stringAt(author, 'avatar');
  if (avatar !== null) return `${CDN}/avatars/${id}/${avatar}.png`;
  const discriminator = stringAt(author, 'discriminator') ?? '0';
  const index = /^\d{4}$/.test(discriminator)
    ? Number(discriminator) % LEGACY_DEFAULT_AVATARS
    : Number((BigInt(id) >> 22n) % DEFAULT_AVATARS);
  return `${CDN}/embed/avatars/${index}.png`;
}

function timeText(seconds: string): string {
  const timeMs = Number(seconds) * 1_000;
  if (Math.abs(timeMs) > MAX_TIME_MS) return seconds;
  return `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** The content as plain text. What cannot be resolved keeps a readable stand-in, never the raw markup. */
function plainText(message: JsonObject, guildId: string, directory: DirectoryView): string {
  const content = stringAt(message, 'content') ?? '';
  if (!content.includes('<')) return content;
  const users = new Map(objectsIn(message.mentions).map((user) => [stringAt(user, 'id'), user]));
  const roles = directory.guild(guildId)?.roles;
  return content.replace(REFERENCE, (...match) => {
    const groups: Readonly<Record<string, string | undefined>> = match.at(-1);
    if (groups.user !== undefined) {
      const user = users.get(groups.user) ?? null;
      return `@${nameOf(user, objectAt(user, 'member')) ?? 'unknown-user'}`;
    }
    if (groups.role !== undefined) return `@${roles?.get(groups.role)?.name ?? 'unknown-role'}`;
    if (groups.channel !== undefined) return `#${directory.channel(groups.channel)?.name ?? 'unknown-channel'}`;
    if (groups.emoji !== undefined) return `:${groups.emoji}:`;
    if (groups.time !== undefined) return timeText(groups.time);
    return groups.command === undefined ? `#${groups.page ?? ''}` : `/${groups.command}`;
  });
}

/** False when there is nothing at all to show and the intent is missing: then Discord withheld it. What the bot wrote itself or
 *  is mentioned in comes with its content even so. */
function isContentAvailable(message: JsonObject, hasMessageContent: boolean): boolean {
  if (hasMessageContent) return true;
  const parts = [message.attachments, message.embeds, message.components, message.sticker_items];
  return stringAt(message, 'content') !== '' || parts.some((part) => objectsIn(part).length > 0);
}

export interface DisplayContext {
  readonly guildId: string;
  readonly channelId: string;
  readonly directory: DirectoryView;
  /** Whether the application has the Message Content intent. */
  readonly hasMessageContent: boolean;
}

/** Resolves at write time what a reader would otherwise have to look up: names change later, a record should not. */
export function displayOf(message: JsonObject, author: JsonObject, context: DisplayContext): MessageDisplay {
  const { guildId, directory } = context;
  const member = objectAt(message, 'member');
  const guild = directory.guild(guildId);
  const channel = directory.channel(context.channelId);
  return {
    text: plainText(message, guildId, directory),
    author_name: nameOf(author, member) ?? 'unknown-user',
    // A webhook is no member, so it has no roles and no colour.
    author_color: memberColor(guild, stringsIn(member?.roles)),
    author_avatar_url: avatarUrl(author, member, guildId),
    channel_name: channel?.name ?? '',
    guild_name: guild?.name ?? '',
    parent_id: channel?.parentId ?? null,
    content_available: isContentAvailable(message, context.hasMessageContent),
  };
}
