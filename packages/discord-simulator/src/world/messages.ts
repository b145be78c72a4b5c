import {
  type APIEmbed,
  type APIMessageSnapshot,
  type APIMessageTopLevelComponent,
  type APIStickerItem,
  MessageFlags,
  MessageType,
} from 'discord-api-types/v10';
import { NO_FLAGS } from './flags.ts';
import { gatewayMessage, messageObject } from './message-object.ts';
import type { Attachment, Channel, Message, MessageExtra, Poll, Reference, User } from './model.ts';
import { isPlain, plainMessageBody } from './plain-message-body.ts';
import { stripContent } from './strip-content.ts';
import type { World } from './world.ts';
import type { TruthDetail, WorldEvent } from './world-event.ts';

export interface MessageDraft {
  /** Default: the next id. Only a forum post's first message, which carries its thread's id, brings its own. */
  readonly id?: string;
  readonly channel: Channel;
  readonly author: User;
  /** Taken verbatim, whatever its length: limits are the business of the door it came through. */
  readonly content: string;
  readonly type?: MessageType;
  readonly flags?: number;
  readonly replyTo?: Message;
  readonly reference?: Reference;
  readonly embeds?: readonly APIEmbed[];
  readonly attachments?: readonly Omit<Attachment, 'id'>[];
  readonly poll?: Poll;
  readonly snapshot?: APIMessageSnapshot;
  readonly nonce?: string | number;
  readonly webhook?: boolean;
  readonly stickers?: readonly APIStickerItem[];
  readonly components?: readonly APIMessageTopLevelComponent[];
}

/** Makes a message, moves the channel's last_message_id and announces MESSAGE_CREATE. */
export function createMessage(world: World, draft: MessageDraft): Message {
  const { channel } = draft;
  const message: Message = {
    id: draft.id ?? world.nextId(),
    channel,
    author: draft.author,
    type: draft.type ?? (draft.replyTo === undefined ? MessageType.Default : MessageType.Reply),
    content: draft.content,
    flags: draft.flags ?? 0,
    editedAtMs: null,
    editedMicros: 0,
    deleted: false,
    extra: extraOfDraft(world, draft),
  };
  world.messages.set(message.id, message);
  if (world.messages.size > world.maxMessages) forgetOldest(world);
  channel.messages.push(message);
  channel.lastMessageId = message.id;
  if (channel.thread !== null) channel.thread.sentCount += 1;
  announce(world, 'MESSAGE_CREATE', message, { content: message.content });
  return message;
}

/** Changes the text, as the author would: edited_timestamp grows, with microseconds below its millisecond. */
export function editMessage(world: World, message: Message, content: string, embeds?: readonly APIEmbed[]): void {
  message.content = content;
  if (embeds !== undefined) extraOf(message).embeds = embeds;
  const nowMs = world.now();
  // Two edits inside one millisecond must still be told apart by their milliseconds.
  message.editedAtMs = Math.max(nowMs, (message.editedAtMs ?? 0) + 1);
  message.editedMicros = 1 + (message.editedAtMs % 999);
  announce(world, 'MESSAGE_UPDATE', message, {
    content,
    changed: embeds === undefined ? ['content', 'edited_timestamp'] : ['content', 'edited_timestamp', 'embeds'],
  });
}

/**
 * Adds embeds as Discord's unfurling does some time after the message: no edit, and the edit time of an already
 * edited message loses its microseconds, so that the update looks older than the edit (api-docs#8281).
 */
export function refreshEmbeds(world: World, message: Message, embeds: readonly APIEmbed[]): void {
  extraOf(message).embeds = embeds;
  message.editedMicros = 0;
  announce(world, 'MESSAGE_UPDATE', message, { changed: ['embeds'] });
}

/** Announces a MESSAGE_UPDATE for fields that changed without the author's doing (pin, thread start, poll close). */
export function announceRefresh(world: World, message: Message, changed: readonly string[]): void {
  announce(world, 'MESSAGE_UPDATE', message, { changed });
}

/** Announces MESSAGE_DELETE. The channel's last_message_id keeps pointing at it, as Discord's does. */
export function deleteMessage(world: World, message: Message): void {
  forget(message);
  const { channel } = message;
  world.emit({
    type: 'MESSAGE_DELETE',
    guild: channel.guild,
    channel,
    body: JSON.stringify({ id: message.id, channel_id: channel.id, guild_id: channel.guild.id }),
    strippedBody: null,
    detail: { messageId: message.id },
  });
}

/** Announces one MESSAGE_DELETE_BULK for messages of one channel. */
export function deleteMessages(world: World, channel: Channel, messages: readonly Message[]): void {
  for (const message of messages) forget(message);
  const ids = messages.map((message) => message.id);
  world.emit({
    type: 'MESSAGE_DELETE_BULK',
    guild: channel.guild,
    channel,
    body: JSON.stringify({ ids, channel_id: channel.id, guild_id: channel.guild.id }),
    strippedBody: null,
    detail: { messageIds: ids },
  });
}

/** Repeats a message elsewhere, as the Forward button does: content lives in the snapshot, not in `content`. */
export function forwardMessage(world: World, original: Message, channel: Channel, author: User): Message {
  const {
    content,
    embeds,
    attachments,
    timestamp,
    edited_timestamp,
    flags,
    mentions,
    mention_roles,
    sticker_items,
    type,
    components,
  } = messageObject(world, original);
  const stickers = sticker_items === undefined ? {} : { sticker_items };
  const message = {
    content,
    embeds,
    attachments,
    timestamp,
    edited_timestamp,
    mentions,
    mention_roles,
    type,
    ...stickers,
  };
  return createMessage(world, {
    channel,
    author,
    content: '',
    flags: MessageFlags.HasSnapshot,
    reference: referenceTo(original, 'forward'),
    snapshot: { message: { ...message, flags: flags ?? NO_FLAGS, components: components ?? [] } },
  });
}

export function referenceTo(message: Message, kind: Reference['kind']): Reference {
  return { kind, guildId: message.channel.guild.id, channelId: message.channel.id, messageId: message.id };
}

/** The message's rarely used part, made on first need. */
export function extraOf(message: Message): MessageExtra {
  message.extra ??= emptyExtra();
  return message.extra;
}

/** Position of the first message with an id above `id`, in a list ascending by id. */
export function indexAfter(messages: readonly Message[], id: string): number {
  const wanted = BigInt(id);
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (BigInt(messages[middle]?.id ?? 0) > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

function announce(world: World, type: string, message: Message, detail: TruthDetail): void {
  const { channel } = message;
  const forms = isPlain(message) ? plainForms(world, message) : fullForms(world, message);
  world.emit({ type, guild: channel.guild, channel, ...forms, detail: { messageId: message.id, ...detail } });
}

type BodyForms = Pick<WorldEvent, 'body' | 'strippedBody'>;

function plainForms(world: World, message: Message): BodyForms {
  const isOwn = message.author.id === world.bot.id;
  return {
    body: plainMessageBody(message, message.content),
    strippedBody: isOwn ? null : () => plainMessageBody(message, ''),
  };
}

function fullForms(world: World, message: Message): BodyForms {
  const data = gatewayMessage(world, message);
  return { body: JSON.stringify(data), strippedBody: () => JSON.stringify(stripContent(world.bot.id, data)) };
}

/** Forgets the oldest twentieth at once: taking messages from the head of long lists one by one would be slow. */
function forgetOldest(world: World): void {
  const forgotten = new Set<Message>();
  const channels = new Set<Channel>();
  for (const message of world.messages.values()) {
    if (forgotten.size * 20 >= world.maxMessages) break;
    forgotten.add(message);
    channels.add(message.channel);
  }
  for (const { id } of forgotten) world.messages.delete(id);
  for (const { messages } of channels) {
    const kept = messages.findIndex((message) => !forgotten.has(message));
    messages.splice(0, kept === -1 ? messages.length : kept);
  }
}

function forget(message: Message): void {
  if (message.deleted) return;
  message.deleted = true;
  const { messages } = message.channel;
  const index = indexAfter(messages, message.id) - 1;
  if (messages[index] === message) messages.splice(index, 1);
}

function extraOfDraft(world: World, draft: MessageDraft): MessageExtra | null {
  const { replyTo, reference, embeds, attachments, poll, snapshot, nonce, webhook, stickers, components } = draft;
  const parts = [replyTo, reference, embeds, attachments, poll, snapshot, nonce, webhook, stickers, components];
  if (parts.every((part) => part === undefined)) return null;
  return {
    ...emptyExtra(),
    embeds: embeds ?? [],
    attachments: (attachments ?? []).map((attachment) => ({ id: world.nextId(), ...attachment })),
    reference: replyTo === undefined ? (reference ?? null) : referenceTo(replyTo, 'reply'),
    snapshot: snapshot ?? null,
    nonce: nonce ?? null,
    webhook: webhook ?? false,
    poll: poll ?? null,
    stickers: stickers ?? [],
    components: components ?? [],
  };
}

function emptyExtra(): MessageExtra {
  return {
    embeds: [],
    attachments: [],
    reactions: [],
    reference: null,
    snapshot: null,
    nonce: null,
    webhook: false,
    poll: null,
    stickers: [],
    components: [],
    thread: null,
    pinnedAtMs: null,
  };
}
