import { MessageType } from 'discord-api-types/v10';
import { discordTimestamp } from '../discord-time.ts';
import { channelObject } from './channel-object.ts';
import { guildCreate } from './guild-object.ts';
import { announceRefresh, createMessage, extraOf, referenceTo } from './messages.ts';
import type { Channel, Guild, Message, User } from './model.ts';
import { ensureChannel, type World } from './world.ts';

/** Adds a channel and announces CHANNEL_CREATE; returns the known one silently when the name is taken. */
export function createChannel(world: World, guild: Guild, name: string, type: Channel['type']): Channel {
  const before = guild.channels.size;
  const channel = ensureChannel(world, guild, { name, type });
  if (guild.channels.size > before) announceChannel(world, 'CHANNEL_CREATE', channel);
  return channel;
}

/** Announces CHANNEL_UPDATE, or THREAD_UPDATE for a thread. */
export function renameChannel(world: World, channel: Channel, name: string): void {
  channel.name = name;
  announceChannel(world, channel.thread === null ? 'CHANNEL_UPDATE' : 'THREAD_UPDATE', channel);
}

/** Announces CHANNEL_DELETE alone: Discord sends no deletes for the messages and threads inside (api-docs#4581). */
export function deleteChannel(world: World, channel: Channel): void {
  const { guild } = channel;
  const gone = [...guild.channels.values()].filter((other) => other === channel || other.thread?.parent === channel);
  for (const each of gone) {
    for (const message of each.messages) message.deleted = true;
    each.messages.length = 0;
    guild.channels.delete(each.id);
    world.channels.delete(each.id);
  }
  announceChannel(world, 'CHANNEL_DELETE', channel);
}

/** Takes the bot's right to view the channel away or gives it back. CHANNEL_UPDATE carries the new overwrite. */
export function setChannelHidden(world: World, channel: Channel, hidden: boolean): void {
  if (channel.hidden === hidden) return;
  channel.hidden = hidden;
  announceChannel(world, channel.thread === null ? 'CHANNEL_UPDATE' : 'THREAD_UPDATE', channel);
}

/** Pins or unpins: MESSAGE_UPDATE, CHANNEL_PINS_UPDATE and, for a pin, the system message of type 6. */
export function setPinned(world: World, message: Message, pinned: boolean, by: User): void {
  const extra = extraOf(message);
  if ((extra.pinnedAtMs !== null) === pinned) return;
  const { channel } = message;
  extra.pinnedAtMs = pinned ? world.now() : null;
  if (pinned) channel.lastPinAtMs = extra.pinnedAtMs;
  announceRefresh(world, message, ['pinned']);
  const last = channel.lastPinAtMs === null ? null : discordTimestamp(channel.lastPinAtMs);
  world.emit({
    type: 'CHANNEL_PINS_UPDATE',
    guild: channel.guild,
    channel,
    body: JSON.stringify({ guild_id: channel.guild.id, channel_id: channel.id, last_pin_timestamp: last }),
    strippedBody: null,
    detail: {},
  });
  if (!pinned) return;
  const reference = referenceTo(message, 'pointer');
  createMessage(world, { channel, author: by, content: '', type: MessageType.ChannelPinnedMessage, reference });
}

/** Starts or ends an outage: GUILD_DELETE with `unavailable`, then GUILD_CREATE. Nothing else of the guild is delivered between. */
export function setGuildAvailable(world: World, guild: Guild, available: boolean): void {
  if (guild.available === available) return;
  guild.available = available;
  const body = available ? guildCreate(world, guild) : { id: guild.id, unavailable: true };
  world.emit({
    type: available ? 'GUILD_CREATE' : 'GUILD_DELETE',
    guild,
    channel: null,
    body: JSON.stringify(body),
    strippedBody: null,
    detail: {},
  });
}

function announceChannel(world: World, type: string, channel: Channel): void {
  const { guild } = channel;
  const body = JSON.stringify(channelObject(channel));
  world.emit({ type, guild, channel, body, strippedBody: null, detail: {} });
}
