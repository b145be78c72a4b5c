import { ChannelType, MessageFlags, MessageType } from 'discord-api-types/v10';
import { threadObject } from './channel-object.ts';
import { announceRefresh, createMessage, extraOf, referenceTo } from './messages.ts';
import type { Channel, Message, User } from './model.ts';
import type { World } from './world.ts';

/** Opens a public thread on a message: its id is the message's id, the message gets HAS_THREAD, the thread its starter. */
export function startThreadFromMessage(world: World, message: Message, name: string, owner: User): Channel {
  const thread = addThread(world, message.channel, message.id, name, owner);
  extraOf(message).thread = thread;
  message.flags |= MessageFlags.HasThread;
  announceCreate(world, thread);
  announceRefresh(world, message, ['thread', 'flags']);
  createMessage(world, {
    channel: thread,
    author: message.author,
    content: '',
    type: MessageType.ThreadStarterMessage,
    reference: referenceTo(message, 'pointer'),
  });
  return thread;
}

/** Opens a private thread, of which its parent shows nothing. */
export function startPrivateThread(world: World, parent: Channel, name: string, owner: User): Channel {
  const thread = addThread(world, parent, world.nextId(), name, owner, ChannelType.PrivateThread);
  announceCreate(world, thread);
  return thread;
}

/** Opens a thread that hangs on no message; in a text channel a system message (type 18) tells of it. */
export function startThread(world: World, parent: Channel, name: string, owner: User): Channel {
  const thread = addThread(world, parent, world.nextId(), name, owner);
  announceCreate(world, thread);
  if (parent.type === ChannelType.GuildForum) return thread;
  createMessage(world, {
    channel: parent,
    author: owner,
    content: name,
    type: MessageType.ThreadCreated,
    reference: { kind: 'pointer', guildId: thread.guild.id, channelId: thread.id, messageId: null },
  });
  return thread;
}

/** A forum post: a thread whose first message carries the thread's own id. */
export function startForumPost(world: World, forum: Channel, name: string, owner: User, content: string): Channel {
  const id = world.nextId();
  const thread = addThread(world, forum, id, name, owner);
  announceCreate(world, thread);
  createMessage(world, { id, channel: thread, author: owner, content });
  forum.lastMessageId = id;
  return thread;
}

/** Announces THREAD_UPDATE; silent when it already is as asked. */
export function setThreadArchived(world: World, channel: Channel, archived: boolean): void {
  if (channel.thread === null || channel.thread.archived === archived) return;
  channel.thread.archived = archived;
  channel.thread.archiveChangedAtMs = world.now();
  announceThread(world, 'THREAD_UPDATE', channel, threadObject(channel));
}

/** Announces THREAD_DELETE and nothing for the messages inside, as Discord does. */
export function deleteThread(world: World, channel: Channel): void {
  for (const message of channel.messages) message.deleted = true;
  channel.messages.length = 0;
  channel.guild.channels.delete(channel.id);
  world.channels.delete(channel.id);
  announceThread(world, 'THREAD_DELETE', channel, {
    id: channel.id,
    guild_id: channel.guild.id,
    parent_id: channel.thread?.parent.id,
    type: channel.type,
  });
}

const publicTypeIn = (parent: Channel): ThreadType =>
  parent.type === ChannelType.GuildAnnouncement ? ChannelType.AnnouncementThread : ChannelType.PublicThread;

type ThreadType = ChannelType.AnnouncementThread | ChannelType.PublicThread | ChannelType.PrivateThread;

function addThread(
  world: World,
  parent: Channel,
  id: string,
  name: string,
  owner: User,
  type: ThreadType = publicTypeIn(parent),
): Channel {
  const createdAtMs = world.now();
  const thread: Channel = {
    id,
    guild: parent.guild,
    type,
    name,
    topic: null,
    position: 0,
    parentId: parent.id,
    thread: { parent, ownerId: owner.id, createdAtMs, archived: false, archiveChangedAtMs: createdAtMs, sentCount: 0 },
    messages: [],
    lastMessageId: null,
    lastPinAtMs: null,
    hidden: false,
  };
  parent.guild.channels.set(id, thread);
  world.channels.set(id, thread);
  return thread;
}

function announceCreate(world: World, thread: Channel): void {
  announceThread(world, 'THREAD_CREATE', thread, { ...threadObject(thread), newly_created: true });
}

function announceThread(world: World, type: string, channel: Channel, data: object): void {
  world.emit({ type, guild: channel.guild, channel, body: JSON.stringify(data), strippedBody: null, detail: {} });
}
