import { ChannelType, OverwriteType, ThreadAutoArchiveDuration } from 'discord-api-types/v10';
import { discordTimestamp } from '../discord-time.ts';
import type { Channel } from './model.ts';

const VIEW_CHANNEL = '1024';

/** A channel or thread as REST and CHANNEL_ and THREAD_ events show it. */
export function channelObject(channel: Channel) {
  return channel.thread === null ? guildChannelObject(channel) : threadObject(channel);
}

/** A channel inside GUILD_CREATE: Discord leaves the guild_id out there. */
export function channelInGuildCreate(channel: Channel) {
  const { guild_id: _, ...object } = guildChannelObject(channel);
  return object;
}

/** A thread object. @throws TypeError when the channel is no thread: the caller mixed things up. */
export function threadObject(channel: Channel) {
  const { thread } = channel;
  if (thread === null) throw new TypeError(`channel ${channel.id} is not a thread`);
  const members = new Set(channel.messages.map((message) => message.author.id)).add(thread.ownerId);
  return {
    id: channel.id,
    type: channel.type,
    guild_id: channel.guild.id,
    parent_id: thread.parent.id,
    name: channel.name,
    owner_id: thread.ownerId,
    last_message_id: channel.lastMessageId,
    message_count: channel.messages.length,
    total_message_sent: thread.sentCount,
    member_count: Math.min(members.size, 50),
    rate_limit_per_user: 0,
    flags: 0,
    bitrate: 64_000,
    user_limit: 0,
    rtc_region: null,
    thread_metadata: {
      archived: thread.archived,
      auto_archive_duration: ThreadAutoArchiveDuration.ThreeDays,
      archive_timestamp: discordTimestamp(thread.archiveChangedAtMs),
      create_timestamp: discordTimestamp(thread.createdAtMs),
      locked: false,
    },
  };
}

function guildChannelObject(channel: Channel) {
  return {
    id: channel.id,
    type: channel.type,
    guild_id: channel.guild.id,
    name: channel.name,
    position: channel.position,
    parent_id: channel.parentId,
    permission_overwrites: channel.overwrites ?? (channel.hidden ? [hidingOverwrite(channel)] : []),
    flags: 0,
    nsfw: false,
    ...(channel.type === ChannelType.GuildCategory ? {} : messageFields(channel)),
    ...(channel.type === ChannelType.GuildForum ? FORUM_FIELDS : {}),
  };
}

function messageFields(channel: Channel) {
  return {
    topic: channel.topic,
    last_message_id: channel.lastMessageId,
    rate_limit_per_user: 0,
    icon_emoji: null,
    theme_color: null,
    ...(channel.lastPinAtMs === null ? {} : { last_pin_timestamp: discordTimestamp(channel.lastPinAtMs) }),
  };
}

const hidingOverwrite = ({ guild }: Channel) => ({
  ...{ id: guild.id, type: OverwriteType.Role, allow: '0', deny: VIEW_CHANNEL },
});

const FORUM_FIELDS = {
  available_tags: [],
  default_reaction_emoji: null,
  default_sort_order: null,
  default_forum_layout: 0,
  template: '',
};
