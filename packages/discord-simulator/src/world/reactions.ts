import { memberWithUser } from './guild-object.ts';
import { BURST_COLORS } from './message-object.ts';
import { extraOf } from './messages.ts';
import type { Message, Reaction, User } from './model.ts';
import type { World } from './world.ts';
import type { TruthDetail } from './world-event.ts';

/** An emoji as reactions name it: `id` null and the character itself, or a custom emoji's id and name. */
export interface ReactionEmoji {
  readonly id: string | null;
  readonly name: string;
}

/** Reads `👍`, `name:id` or `<:name:id>`. */
export function parseEmoji(text: string): ReactionEmoji {
  const custom = /^<?a?:?(\w+):(\d{17,20})>?$/.exec(text);
  if (custom === null) return { id: null, name: text };
  return { id: custom[2] ?? null, name: custom[1] ?? text };
}

/** Announces MESSAGE_REACTION_ADD; false and silent when the user had already reacted so. `burst`: a super reaction, which
 *  counts beside a normal one of the same user. */
export function addReaction(world: World, message: Message, user: User, emoji: ReactionEmoji, burst = false): boolean {
  const { reactions } = extraOf(message);
  let reaction = reactions.find(isSame(emoji));
  if (reaction === undefined) {
    reaction = { emojiId: emoji.id, emojiName: emoji.name, userIds: new Set(), burstIds: new Set() };
    reactions.push(reaction);
  }
  const users = burst ? reaction.burstIds : reaction.userIds;
  if (users.has(user.id)) return false;
  users.add(user.id);
  const member = message.channel.guild.members.get(user.id);
  announce(
    world,
    'MESSAGE_REACTION_ADD',
    message,
    { userId: user.id, emoji: emoji.name },
    {
      user_id: user.id,
      type: burst ? 1 : 0,
      message_author_id: message.author.id,
      ...(member === undefined ? {} : { member: memberWithUser(member) }),
      emoji,
      burst,
      ...(burst ? { burst_colors: BURST_COLORS } : {}),
    },
  );
  return true;
}

/** Announces MESSAGE_REACTION_REMOVE; false and silent when there was nothing to take away. */
export function removeReaction(
  world: World,
  message: Message,
  user: User,
  emoji: ReactionEmoji,
  burst = false,
): boolean {
  const reaction = message.extra?.reactions.find(isSame(emoji));
  const users = burst ? reaction?.burstIds : reaction?.userIds;
  if (reaction === undefined || users?.delete(user.id) !== true) return false;
  if (reaction.userIds.size + reaction.burstIds.size === 0) drop(message, reaction);
  announce(
    world,
    'MESSAGE_REACTION_REMOVE',
    message,
    { userId: user.id, emoji: emoji.name },
    {
      user_id: user.id,
      type: burst ? 1 : 0,
      emoji,
      burst,
    },
  );
  return true;
}

/** Announces MESSAGE_REACTION_REMOVE_ALL. */
export function clearReactions(world: World, message: Message): void {
  extraOf(message).reactions.length = 0;
  announce(world, 'MESSAGE_REACTION_REMOVE_ALL', message, {}, {});
}

/** Announces MESSAGE_REACTION_REMOVE_EMOJI; silent when nobody used the emoji. */
export function clearEmoji(world: World, message: Message, emoji: ReactionEmoji): void {
  const reaction = message.extra?.reactions.find(isSame(emoji));
  if (reaction === undefined) return;
  drop(message, reaction);
  announce(world, 'MESSAGE_REACTION_REMOVE_EMOJI', message, { emoji: emoji.name }, { emoji });
}

function isSame(emoji: ReactionEmoji): (reaction: Reaction) => boolean {
  return (reaction) =>
    emoji.id === null ? reaction.emojiName === emoji.name && reaction.emojiId === null : reaction.emojiId === emoji.id;
}

function drop(message: Message, reaction: Reaction): void {
  const { reactions } = extraOf(message);
  reactions.splice(reactions.indexOf(reaction), 1);
}

function announce(world: World, type: string, message: Message, detail: TruthDetail, data: object): void {
  const { channel } = message;
  world.emit({
    type,
    guild: channel.guild,
    channel,
    body: JSON.stringify({ ...data, message_id: message.id, channel_id: channel.id, guild_id: channel.guild.id }),
    strippedBody: null,
    detail: { messageId: message.id, ...detail },
  });
}
