import { ChannelType } from 'discord-api-types/v10';
import { isFields } from '../input.ts';
import { channelObject } from '../world/channel-object.ts';
import { deleteChannel, renameChannel } from '../world/channels.ts';
import {
  deleteThread,
  setThreadArchived,
  startForumPost,
  startThread,
  startThreadFromMessage,
} from '../world/threads.ts';
import { channelOf, messageOf } from './access.ts';
import { contentOf } from './message-body.ts';
import { invalidField, restErrors } from './rest-error.ts';
import { GENEROUS, type RestContext, type RestRequest, type Route } from './route.ts';

/** Opening, changing and removing threads and channels. */
export const threadRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/channels/:channel/messages/:message/threads',
    limit: GENEROUS,
    handle: (request, context) => {
      const message = messageOf(request, context);
      if (message.extra?.thread != null) throw restErrors.threadExists();
      const thread = startThreadFromMessage(context.world, message, nameOf(request), context.world.bot);
      return { status: 201, body: channelObject(thread) };
    },
  },
  { method: 'POST', path: '/channels/:channel/threads', limit: GENEROUS, handle: create },
  { method: 'PATCH', path: '/channels/:channel', limit: GENEROUS, handle: modify },
  {
    method: 'DELETE',
    path: '/channels/:channel',
    limit: GENEROUS,
    handle: (request, context) => {
      const channel = channelOf(request, context);
      const body = channelObject(channel);
      if (channel.thread === null) deleteChannel(context.world, channel);
      else deleteThread(context.world, channel);
      return { body };
    },
  },
];

function create(request: RestRequest, context: RestContext) {
  const { world } = context;
  const parent = channelOf(request, context);
  const name = nameOf(request);
  if (parent.type !== ChannelType.GuildForum) {
    return { status: 201, body: channelObject(startThread(world, parent, name, world.bot)) };
  }
  const { message } = request.body;
  const content = isFields(message) ? contentOf(message) : undefined;
  if (content === undefined || content === '') throw restErrors.emptyMessage();
  return { status: 201, body: channelObject(startForumPost(world, parent, name, world.bot, content)) };
}

function modify(request: RestRequest, context: RestContext) {
  const channel = channelOf(request, context);
  const { name, archived } = request.body;
  if (typeof name === 'string') renameChannel(context.world, channel, nameOf(request));
  if (typeof archived === 'boolean') setThreadArchived(context.world, channel, archived);
  return { body: channelObject(channel) };
}

function nameOf(request: RestRequest): string {
  const { name } = request.body;
  if (typeof name === 'string' && name.length >= 1 && name.length <= 100) return name;
  throw invalidField('name', 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 100 in length.');
}
