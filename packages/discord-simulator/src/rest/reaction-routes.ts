import type { User } from '../world/model.ts';
import { addReaction, clearEmoji, clearReactions, parseEmoji, removeReaction } from '../world/reactions.ts';
import { messageOf } from './access.ts';
import { restErrors } from './rest-error.ts';
import { param, type RestContext, type RestRequest, type Route } from './route.ts';

const REACTION_LIMIT = { limit: 1, windowMs: 250 };
const BASE = '/channels/:channel/messages/:message/reactions';

/** Reacting as the bot, and taking reactions away. */
export const reactionRoutes: readonly Route[] = [
  {
    method: 'PUT',
    path: `${BASE}/:emoji/@me`,
    limit: REACTION_LIMIT,
    handle: (request, context) => {
      addReaction(context.world, messageOf(request, context), context.world.bot, emojiOf(request));
      return {};
    },
  },
  {
    method: 'DELETE',
    path: `${BASE}/:emoji/:user`,
    limit: REACTION_LIMIT,
    handle: (request, context) => {
      removeReaction(context.world, messageOf(request, context), userOf(request, context), emojiOf(request));
      return {};
    },
  },
  {
    method: 'DELETE',
    path: `${BASE}/:emoji`,
    limit: REACTION_LIMIT,
    handle: (request, context) => {
      clearEmoji(context.world, messageOf(request, context), emojiOf(request));
      return {};
    },
  },
  {
    method: 'DELETE',
    path: BASE,
    limit: REACTION_LIMIT,
    handle: (request, context) => {
      clearReactions(context.world, messageOf(request, context));
      return {};
    },
  },
];

function emojiOf(request: RestRequest) {
  return parseEmoji(param(request, 'emoji'));
}

function userOf(request: RestRequest, { world }: RestContext): User {
  const id = param(request, 'user');
  const user = id === '@me' ? world.bot : world.users.get(id);
  if (user === undefined) throw restErrors.unknownUser();
  return user;
}
