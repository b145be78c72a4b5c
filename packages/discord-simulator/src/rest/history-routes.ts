import { ChannelType } from 'discord-api-types/v10';
import { discordTimestamp } from '../discord-time.ts';
import { compareSnowflakes } from '../snowflake.ts';
import { channelObject } from '../world/channel-object.ts';
import type { Channel, Message } from '../world/model.ts';
import { parseEmoji } from '../world/reactions.ts';
import { channelOf, integerIn, messageOf, shownMessage, snowflakeIn } from './access.ts';
import { historyPage } from './history-page.ts';
import { invalidField } from './rest-error.ts';
import { GENEROUS, param, type RestContext, type RestRequest, type Route } from './route.ts';

/** Measured by others for message history: about 5 requests in 5 seconds per channel. */
const HISTORY_LIMIT = { limit: 5, windowMs: 5000 };

/** Reading: channels, messages, reactions, pins, archived threads, poll voters. */
export const historyRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/channels/:channel',
    limit: GENEROUS,
    handle: (request, context) => ({ body: channelObject(channelOf(request, context)) }),
  },
  { method: 'GET', path: '/channels/:channel/messages', limit: HISTORY_LIMIT, handle: listMessages },
  {
    method: 'GET',
    path: '/channels/:channel/messages/pins',
    limit: GENEROUS,
    handle: (request, context) => ({
      body: {
        items: pinned(channelOf(request, context)).map((message) => ({
          pinned_at: discordTimestamp(message.extra?.pinnedAtMs ?? 0),
          message: shownMessage(message, context),
        })),
        has_more: false,
      },
    }),
  },
  {
    method: 'GET',
    path: '/channels/:channel/pins',
    limit: GENEROUS,
    handle: (request, context) => ({
      body: pinned(channelOf(request, context)).map((message) => shownMessage(message, context)),
    }),
  },
  {
    method: 'GET',
    path: '/channels/:channel/messages/:message',
    limit: GENEROUS,
    handle: (request, context) => ({ body: shownMessage(messageOf(request, context), context) }),
  },
  {
    method: 'GET',
    path: '/channels/:channel/messages/:message/reactions/:emoji',
    limit: GENEROUS,
    handle: (request, context) => ({
      body: usersPage(request, context, reactedUsers(messageOf(request, context), request)),
    }),
  },
  {
    method: 'GET',
    path: '/channels/:channel/polls/:message/answers/:answer',
    limit: GENEROUS,
    handle: (request, context) => {
      const voters = messageOf(request, context).extra?.poll?.votes.get(Number(param(request, 'answer')));
      return { body: { users: usersPage(request, context, [...(voters ?? [])]) } };
    },
  },
  {
    method: 'GET',
    path: '/channels/:channel/threads/archived/public',
    limit: GENEROUS,
    handle: (request, context) => archivedThreads(request, context, isPublicThread),
  },
  {
    method: 'GET',
    path: '/channels/:channel/threads/archived/private',
    limit: GENEROUS,
    handle: (request, context) => archivedThreads(request, context, (thread) => !isPublicThread(thread)),
  },
  {
    method: 'GET',
    path: '/channels/:channel/users/@me/threads/archived/private',
    limit: GENEROUS,
    handle: joinedThreads,
  },
];

function listMessages(request: RestRequest, context: RestContext) {
  const channel = channelOf(request, context);
  // Without READ_MESSAGE_HISTORY Discord answers as if nothing had been written.
  const isRefused = channel.isHistoryRefused ?? channel.thread?.parent.isHistoryRefused ?? false;
  const page = historyPage(isRefused ? [] : channel.messages, {
    around: snowflakeIn(request, 'around'),
    before: snowflakeIn(request, 'before'),
    after: snowflakeIn(request, 'after'),
    limit: integerIn(request, 'limit', { min: 1, max: 100, default: 50 }),
  });
  return { body: page.map((message) => shownMessage(message, context)) };
}

function pinned(channel: Channel): Message[] {
  const pins = channel.messages.filter((message) => message.extra?.pinnedAtMs != null);
  return pins.sort((left, right) => (right.extra?.pinnedAtMs ?? 0) - (left.extra?.pinnedAtMs ?? 0));
}

function reactedUsers(message: Message, request: RestRequest): string[] {
  const emoji = parseEmoji(param(request, 'emoji'));
  const reaction = message.extra?.reactions.find(
    ({ emojiId, emojiName }) => emojiId === emoji.id && (emoji.id !== null || emojiName === emoji.name),
  );
  const isBurst = request.query.get('type') === '1';
  return [...((isBurst ? reaction?.burstIds : reaction?.userIds) ?? [])];
}

function usersPage(request: RestRequest, { world }: RestContext, ids: readonly string[]) {
  const limit = integerIn(request, 'limit', { min: 1, max: 100, default: 25 });
  const after = snowflakeIn(request, 'after');
  const ascending = ids.map(BigInt).sort((left, right) => (left < right ? -1 : 1));
  const page = ascending.filter((id) => after === null || id > BigInt(after)).slice(0, limit);
  return page.flatMap((id) => world.users.get(String(id))?.api ?? []);
}

function isPublicThread(thread: Channel): boolean {
  return thread.type !== ChannelType.PrivateThread;
}

/** By id, newest first, and `before` is an id: unlike the other lists. The bot has joined every private thread. */
function joinedThreads(request: RestRequest, context: RestContext) {
  const parent = channelOf(request, context);
  const limit = integerIn(request, 'limit', { min: 2, max: 100, default: 50 });
  const before = snowflakeIn(request, 'before');
  const found = [...parent.guild.channels.values()]
    .filter((channel) => channel.thread?.parent === parent && channel.thread.archived && !isPublicThread(channel))
    .filter(({ id }) => before === null || compareSnowflakes(id, before) < 0)
    .sort((left, right) => compareSnowflakes(right.id, left.id));
  const threads = found.slice(0, limit).map(channelObject);
  return { body: { threads, members: [], has_more: found.length > limit } };
}

/** Newest archive first; `before` is an RFC 3339 time, `has_more` says that the page was full. */
function archivedThreads(request: RestRequest, context: RestContext, isWanted: (thread: Channel) => boolean) {
  const parent = channelOf(request, context);
  const limit = integerIn(request, 'limit', { min: 2, max: 100, default: 50 });
  const before = request.query.get('before');
  const beforeMs = before === null ? Number.POSITIVE_INFINITY : Date.parse(before);
  if (Number.isNaN(beforeMs))
    throw invalidField('before', 'DATE_TIME_TYPE_PARSE', `Could not parse ${before}. Should be ISO8601.`);
  const found = [...parent.guild.channels.values()].flatMap((channel) => {
    const { thread } = channel;
    const isFound = thread?.parent === parent && thread.archived && isWanted(channel);
    return isFound && thread.archiveChangedAtMs < beforeMs ? [{ channel, atMs: thread.archiveChangedAtMs }] : [];
  });
  found.sort((left, right) => right.atMs - left.atMs);
  const threads = found.slice(0, limit).map(({ channel }) => channelObject(channel));
  return { body: { threads, members: [], has_more: found.length > limit } };
}
