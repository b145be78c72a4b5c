import { ChannelType } from 'discord-api-types/v10';
import { isSnowflake, snowflakeTimeMs } from '../snowflake.ts';
import { setPinned } from '../world/channels.ts';
import { signature } from '../world/message-object.ts';
import { createMessage, deleteMessage, deleteMessages, editMessage } from '../world/messages.ts';
import type { Message } from '../world/model.ts';
import { closePoll } from '../world/polls.ts';
import { channelOf, messageOf, shownMessage } from './access.ts';
import { contentOf, embedsOf } from './message-body.ts';
import { invalidField, restErrors } from './rest-error.ts';
import { GENEROUS, type RestContext, type RestRequest, type Route } from './route.ts';

const WRITE_LIMIT = { limit: 5, windowMs: 5000 };
const DELETE_LIMIT = { limit: 5, windowMs: 1000 };
const BULK_DELETE_AGE_MS = 14 * 24 * 3_600_000;

/** Writing as the bot: messages, bulk deletes, pins, polls; and the re-signing of attachment links. */
export const messageRoutes: readonly Route[] = [
  { method: 'POST', path: '/channels/:channel/messages', limit: WRITE_LIMIT, handle: create },
  { method: 'PATCH', path: '/channels/:channel/messages/:message', limit: WRITE_LIMIT, handle: edit },
  {
    method: 'DELETE',
    path: '/channels/:channel/messages/:message',
    limit: DELETE_LIMIT,
    handle: (request, context) => {
      deleteMessage(context.world, messageOf(request, context));
      return {};
    },
  },
  { method: 'POST', path: '/channels/:channel/messages/bulk-delete', limit: DELETE_LIMIT, handle: bulkDelete },
  {
    method: 'POST',
    path: '/channels/:channel/typing',
    limit: GENEROUS,
    handle: (request, context) => {
      channelOf(request, context);
      return {};
    },
  },
  { method: 'PUT', path: '/channels/:channel/pins/:message', limit: GENEROUS, handle: pin(true) },
  { method: 'DELETE', path: '/channels/:channel/pins/:message', limit: GENEROUS, handle: pin(false) },
  { method: 'PUT', path: '/channels/:channel/messages/pins/:message', limit: GENEROUS, handle: pin(true) },
  { method: 'DELETE', path: '/channels/:channel/messages/pins/:message', limit: GENEROUS, handle: pin(false) },
  {
    method: 'POST',
    path: '/channels/:channel/polls/:message/expire',
    limit: GENEROUS,
    handle: (request, context) => {
      const message = ownMessage(request, context);
      closePoll(context.world, message);
      return { body: shownMessage(message, context) };
    },
  },
  { method: 'POST', path: '/attachments/refresh-urls', limit: GENEROUS, handle: refreshUrls },
];

function create(request: RestRequest, context: RestContext) {
  const { world } = context;
  const channel = channelOf(request, context);
  const isReadOnly = channel.type === ChannelType.GuildCategory || channel.type === ChannelType.GuildForum;
  if (isReadOnly) throw restErrors.nonTextChannel();
  const content = contentOf(request.body) ?? '';
  const embeds = embedsOf(request.body);
  if (content === '' && embeds.length === 0) throw restErrors.emptyMessage();
  const { nonce } = request.body;
  const replyTo = repliedTo(request, context);
  const message = createMessage(world, {
    channel,
    author: world.bot,
    content,
    ...(embeds.length === 0 ? {} : { embeds }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(typeof nonce === 'string' || typeof nonce === 'number' ? { nonce } : {}),
  });
  return { body: shownMessage(message, context) };
}

function repliedTo(request: RestRequest, { world }: RestContext): Message | undefined {
  const reference: unknown = request.body.message_reference;
  if (typeof reference !== 'object' || reference === null || !('message_id' in reference)) return undefined;
  const message = world.messages.get(String(reference.message_id));
  if (message !== undefined && !message.deleted) return message;
  throw invalidField('message_reference', 'REPLIES_UNKNOWN_MESSAGE', 'Unknown message');
}

function edit(request: RestRequest, context: RestContext) {
  const message = ownMessage(request, context);
  const content = contentOf(request.body) ?? message.content;
  const embeds = request.body.embeds === undefined ? undefined : embedsOf(request.body);
  editMessage(context.world, message, content, embeds);
  return { body: shownMessage(message, context) };
}

function ownMessage(request: RestRequest, context: RestContext): Message {
  const message = messageOf(request, context);
  if (message.author.id !== context.world.bot.id) throw restErrors.notYourMessage();
  return message;
}

function bulkDelete(request: RestRequest, context: RestContext) {
  const channel = channelOf(request, context);
  const ids: unknown = request.body.messages;
  if (!Array.isArray(ids) || ids.length < 2 || ids.length > 100) {
    throw invalidField('messages', 'BASE_TYPE_BAD_LENGTH', 'Must be between 2 and 100 in length.');
  }
  const { world } = context;
  const known = ids.map(String).filter(isSnowflake);
  if (known.some((id) => snowflakeTimeMs(id) < world.now() - BULK_DELETE_AGE_MS)) throw restErrors.tooOldToBulkDelete();
  // Discord skips ids that are not (or no longer) there.
  const messages = known.flatMap((id) => world.messages.get(id) ?? []);
  const there = messages.filter((message) => message.channel === channel && !message.deleted);
  if (there.length > 0) deleteMessages(world, channel, there);
  return {};
}

function pin(pinned: boolean): Route['handle'] {
  return (request, context) => {
    setPinned(context.world, messageOf(request, context), pinned, context.world.bot);
    return {};
  };
}

function refreshUrls(request: RestRequest, { world }: RestContext) {
  const urls: unknown = request.body.attachment_urls;
  if (!Array.isArray(urls) || urls.length < 1 || urls.length > 50) {
    throw invalidField('attachment_urls', 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 50 in length.');
  }
  const refreshed_urls = urls.map(String).map((original) => {
    const path = original.replace(/^https:\/\/[^/]+\//, '').replace(/\?.*$/, '');
    return { original, refreshed: `https://cdn.discordapp.com/${path}?${signature(world, path)}` };
  });
  return { body: { refreshed_urls } };
}
