import { ChannelType, MessageFlags } from 'discord-api-types/v10';
import { InputError } from '../input.ts';
import { stableSnowflake } from '../snowflake.ts';
import type { Action, ActionResult, MessageParts } from './action.ts';
import { createChannel, deleteChannel, renameChannel, setPinned } from './channels.ts';
import { colorRole, leaveGuild, renameGuild } from './guilds.ts';
import { memberUser, needChannel, needGuild, needMessage, needThread } from './lookup.ts';
import {
  createMessage,
  deleteMessage,
  deleteMessages,
  editMessage,
  forwardMessage,
  refreshEmbeds,
} from './messages.ts';
import type { Channel, Message } from './model.ts';
import { setOverwrite, setRolePermissions } from './permissions.ts';
import { closePoll, createPoll, setVote } from './polls.ts';
import { addReaction, clearEmoji, clearReactions, parseEmoji, removeReaction } from './reactions.ts';
import {
  deleteThread,
  setThreadArchived,
  startForumPost,
  startPrivateThread,
  startThread,
  startThreadFromMessage,
} from './threads.ts';
import { makeWebhookAuthor } from './users.ts';
import { changeMember, ensureMember, findMember, type World } from './world.ts';

type ActionOf<Op extends Action['op']> = Extract<Action, { readonly op: Op }>;

/** Does it and announces it. @throws InputError when it names something that does not exist (any more); then nothing changed. */
export function applyAction(world: World, action: Action): ActionResult {
  switch (action.op) {
    case 'message':
      return made(post(world, action));
    case 'forward':
      return made(forward(world, action));
    case 'poll':
      return made(poll(world, action));
    case 'thread':
      return opened(openThread(world, action));
    case 'post':
      return opened(openPost(world, action));
    case 'create_channel':
      return opened(
        createChannel(world, needGuild(world, action.guild), action.name, action.type ?? ChannelType.GuildText),
      );
    default:
      change(world, action);
      return { kind: 'none' };
  }
}

type Change = Exclude<Action, ActionOf<'message' | 'forward' | 'poll' | 'thread' | 'post' | 'create_channel'>>;

function change(world: World, action: Change): void {
  switch (action.op) {
    case 'edit':
      editMessage(world, needMessage(world, action.message), action.text);
      return;
    case 'refresh':
      refreshEmbeds(world, needMessage(world, action.message), action.embeds);
      return;
    case 'delete':
      deleteMessage(world, needMessage(world, action.message));
      return;
    case 'bulk_delete':
      bulkDelete(world, action.messages);
      return;
    case 'react':
    case 'unreact':
      react(world, action);
      return;
    case 'clear_reactions':
      clear(world, action);
      return;
    case 'pin':
    case 'unpin':
      pin(world, action);
      return;
    case 'vote':
    case 'unvote':
      vote(world, action);
      return;
    case 'close_poll':
      closePoll(world, needMessage(world, action.message));
      return;
    case 'archive_thread':
      setThreadArchived(world, needThread(world, action.thread), true);
      return;
    case 'unarchive_thread':
      setThreadArchived(world, needThread(world, action.thread), false);
      return;
    case 'delete_thread':
      deleteThread(world, needThread(world, action.thread));
      return;
    case 'rename_channel':
      renameChannel(world, needChannel(world, action.channel), action.name);
      return;
    case 'delete_channel':
      deleteChannel(world, needChannel(world, action.channel));
      return;
    case 'rename_guild':
      renameGuild(world, needGuild(world, action.guild), action.name);
      return;
    case 'leave_guild':
      leaveGuild(world, needGuild(world, action.guild));
      return;
    case 'overwrite':
      setOverwrite(world, needChannel(world, action.channel), action);
      return;
    case 'role_permissions':
      setRolePermissions(world, needGuild(world, action.guild), action.role, action.permissions);
      return;
    case 'color_role':
      colorRole(world, needGuild(world, action.guild), action.role, action.color);
      return;
    case 'member':
      member(world, action);
      return;
  }
}

function post(world: World, action: ActionOf<'message'>): Message {
  const channel = needChannel(world, action.channel);
  const isWebhook = action.webhook === true;
  const author = isWebhook
    ? makeWebhookAuthor(stableSnowflake(world.seed, 'webhook', action.user), action.user)
    : memberUser(world, channel.guild, action.user);
  return createMessage(world, {
    channel,
    author,
    content: action.text,
    ...(isWebhook ? { webhook: true } : {}),
    ...kindOf(action),
    ...(action.replyTo === undefined ? {} : { replyTo: needKnown(world, action.replyTo) }),
    ...(action.embeds === undefined ? {} : { embeds: action.embeds }),
    ...(action.attachments === undefined ? {} : { attachments: action.attachments }),
  });
}

/** Components and voice recordings show in the flags too. */
function kindOf({ stickers, components, attachments, type }: MessageParts) {
  const isVoice = attachments?.some(({ voice }) => voice !== undefined) === true;
  const flags =
    (components === undefined ? 0 : MessageFlags.IsComponentsV2) | (isVoice ? MessageFlags.IsVoiceMessage : 0);
  return {
    ...(flags === 0 ? {} : { flags }),
    ...(type === undefined ? {} : { type }),
    ...(stickers === undefined ? {} : { stickers }),
    ...(components === undefined ? {} : { components }),
  };
}

function member(world: World, { guild: id, user, nick, avatar }: ActionOf<'member'>): void {
  const guild = needGuild(world, id);
  changeMember(guild, findMember(guild, user) ?? ensureMember(world, guild, { name: user }), {
    ...(nick === undefined ? {} : { nick: nick || null }),
    ...(avatar === undefined ? {} : { avatar: avatar || null }),
  });
}

// Replying to a deleted message is possible on Discord (the reply shows the original as gone), so it is here.
function needKnown(world: World, id: string): Message {
  const message = world.messages.get(id);
  if (message === undefined) throw new InputError(`no message has the id ${id}`);
  return message;
}

function forward(world: World, action: ActionOf<'forward'>): Message {
  const original = needMessage(world, action.message);
  const channel = needChannel(world, action.channel);
  return forwardMessage(world, original, channel, memberUser(world, channel.guild, action.user));
}

function poll(world: World, action: ActionOf<'poll'>): Message {
  const channel = needChannel(world, action.channel);
  return createPoll(world, channel, memberUser(world, channel.guild, action.user), action.question, action.answers);
}

function openThread(world: World, action: ActionOf<'thread'>): Channel {
  const message = needMessage(world, action.message);
  if (message.extra?.thread != null) throw new InputError(`message ${message.id} already has a thread`);
  if (message.channel.thread !== null) throw new InputError('a thread cannot be opened inside a thread');
  return startThreadFromMessage(world, message, action.name, message.author);
}

function openPost(world: World, action: ActionOf<'post'>): Channel {
  const parent = needChannel(world, action.channel);
  if (parent.thread !== null) throw new InputError('a thread cannot be opened inside a thread');
  const owner = memberUser(world, parent.guild, action.user);
  if (parent.type === ChannelType.GuildForum) return startForumPost(world, parent, action.name, owner, action.text);
  const start = action.private === true ? startPrivateThread : startThread;
  const thread = start(world, parent, action.name, owner);
  createMessage(world, { channel: thread, author: owner, content: action.text });
  return thread;
}

function bulkDelete(world: World, ids: readonly string[]): void {
  const messages = [...new Set(ids)].map((id) => needMessage(world, id));
  const [first] = messages;
  if (first === undefined) throw new InputError('a bulk delete needs at least one message');
  if (messages.some((message) => message.channel !== first.channel)) {
    throw new InputError('a bulk delete takes messages of one channel');
  }
  deleteMessages(world, first.channel, messages);
}

function react(world: World, action: Extract<Action, { op: 'react' | 'unreact' }>): void {
  const message = needMessage(world, action.message);
  const user = memberUser(world, message.channel.guild, action.user);
  const emoji = parseEmoji(action.emoji);
  const burst = action.burst === true;
  if (action.op === 'react') addReaction(world, message, user, emoji, burst);
  else removeReaction(world, message, user, emoji, burst);
}

function clear(world: World, action: ActionOf<'clear_reactions'>): void {
  const message = needMessage(world, action.message);
  if (action.emoji === undefined) clearReactions(world, message);
  else clearEmoji(world, message, parseEmoji(action.emoji));
}

function pin(world: World, action: Extract<Action, { op: 'pin' | 'unpin' }>): void {
  const message = needMessage(world, action.message);
  setPinned(world, message, action.op === 'pin', message.author);
}

function vote(world: World, action: Extract<Action, { op: 'vote' | 'unvote' }>): void {
  const message = needMessage(world, action.message);
  if (message.extra?.poll?.votes.has(action.answer) !== true) {
    throw new InputError(`message ${message.id} has no poll with an answer ${action.answer}`);
  }
  const user = memberUser(world, message.channel.guild, action.user);
  setVote(world, message, user, action.answer, action.op === 'vote');
}

function made(message: Message): ActionResult {
  return { kind: 'message', message };
}

function opened(channel: Channel): ActionResult {
  return { kind: 'channel', channel };
}
