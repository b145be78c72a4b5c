import { discordTimestamp } from '../discord-time.ts';
import { channelInGuildCreate, threadObject } from './channel-object.ts';
import { memberObject } from './message-object.ts';
import type { Channel, Guild, Member } from './model.ts';
import type { World } from './world.ts';

/** A guild as REST answers it: no channels, no members. */
export function guildObject(guild: Guild) {
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    splash: null,
    discovery_splash: null,
    banner: null,
    description: null,
    home_header: null,
    features: ['COMMUNITY', 'NEWS'],
    owner_id: guild.ownerId,
    application_id: null,
    region: 'deprecated',
    afk_channel_id: null,
    afk_timeout: 300,
    system_channel_id: null,
    system_channel_flags: 0,
    widget_enabled: false,
    widget_channel_id: null,
    verification_level: 1,
    default_message_notifications: 1,
    explicit_content_filter: 2,
    mfa_level: 0,
    roles: guild.roles,
    emojis: [],
    stickers: [],
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    max_presences: null,
    max_members: 25_000_000,
    max_video_channel_users: 25,
    max_stage_video_channel_users: 50,
    vanity_url_code: null,
    premium_tier: 0,
    premium_subscription_count: 0,
    premium_progress_bar_enabled: false,
    preferred_locale: 'en-US',
    nsfw: false,
    nsfw_level: 0,
    hub_type: null,
    latest_onboarding_question_id: null,
    incidents_data: null,
    inventory_settings: null,
  };
}

/** GUILD_CREATE: the guild with its channels and active threads. Without presences Discord lists only the bot's own member. */
export function guildCreate(world: World, guild: Guild) {
  const channels = [...guild.channels.values()];
  const self = guild.members.get(world.bot.id);
  return {
    ...guildObject(guild),
    unavailable: false,
    large: false,
    lazy: true,
    joined_at: discordTimestamp(self?.joinedAtMs ?? world.now()),
    member_count: guild.members.size,
    members: self === undefined ? [] : [memberWithUser(self)],
    channels: channels.filter((channel) => channel.thread === null).map(channelInGuildCreate),
    threads: activeThreads(guild).map(threadObject),
    voice_states: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
    embedded_activities: [],
    application_command_counts: {},
  };
}

/** The guild's threads that are not archived and that the bot may see, newest first. */
export function activeThreads(guild: Guild): Channel[] {
  const active = [...guild.channels.values()].filter(
    (channel) => channel.thread !== null && !channel.thread.archived && !isHidden(channel),
  );
  return active.reverse();
}

/** True when the bot may not view the channel: hidden itself, or a thread of a hidden channel. */
export function isHidden(channel: Channel): boolean {
  return channel.hidden || (channel.thread?.parent.hidden ?? false);
}

/** A member with its user, as REST and GUILD_CREATE show it. */
export function memberWithUser(member: Member) {
  return { ...memberObject(member), user: member.user.api };
}
