import { applicationFlags } from '../gateway/ready-object.ts';
import { channelObject } from '../world/channel-object.ts';
import { activeThreads, guildObject, memberWithUser } from '../world/guild-object.ts';
import { guildOf } from './access.ts';
import { restErrors } from './rest-error.ts';
import { GENEROUS, param, type RestContext, type Route } from './route.ts';

/** Who am I, where is the gateway, which guilds are there. */
export const accountRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/gateway',
    limit: GENEROUS,
    handle: ({ host }) => ({ body: { url: `ws://${host}` } }),
  },
  {
    method: 'GET',
    path: '/gateway/bot',
    limit: GENEROUS,
    handle: ({ host, token }, { budget }) => ({
      body: { url: `ws://${host}`, shards: 1, session_start_limit: budget.limitOf(token) },
    }),
  },
  {
    method: 'GET',
    path: '/users/@me',
    limit: GENEROUS,
    handle: (_, { world }) => ({
      body: { ...world.bot.api, verified: true, mfa_enabled: true, email: null, locale: 'en-US' },
    }),
  },
  {
    method: 'GET',
    path: '/users/@me/guilds',
    limit: GENEROUS,
    handle: (_, { world }) => ({
      body: [...world.guilds.values()].map((guild) => ({
        id: guild.id,
        name: guild.name,
        icon: null,
        banner: null,
        owner: false,
        permissions: '66560',
        features: [],
      })),
    }),
  },
  {
    method: 'GET',
    path: '/users/:user',
    limit: GENEROUS,
    handle: (request, { world }) => {
      const user = world.users.get(param(request, 'user'));
      if (user === undefined) throw restErrors.unknownUser();
      return { body: user.api };
    },
  },
  {
    method: 'GET',
    path: '/applications/@me',
    limit: GENEROUS,
    handle: (_, context) => ({ body: application(context) }),
  },
  {
    method: 'GET',
    path: '/oauth2/applications/@me',
    limit: GENEROUS,
    handle: (_, context) => ({ body: application(context) }),
  },
  {
    method: 'GET',
    path: '/guilds/:guild',
    limit: GENEROUS,
    handle: (request, context) => ({ body: guildObject(guildOf(request, context)) }),
  },
  {
    method: 'GET',
    path: '/guilds/:guild/channels',
    limit: GENEROUS,
    handle: (request, context) => {
      const channels = [...guildOf(request, context).channels.values()];
      return { body: channels.filter((channel) => channel.thread === null).map(channelObject) };
    },
  },
  {
    method: 'GET',
    path: '/guilds/:guild/roles',
    limit: GENEROUS,
    handle: (request, context) => ({ body: guildOf(request, context).roles }),
  },
  { method: 'GET', path: '/guilds/:guild/emojis', limit: GENEROUS, handle: emptyOfGuild },
  { method: 'GET', path: '/guilds/:guild/stickers', limit: GENEROUS, handle: emptyOfGuild },
  {
    method: 'GET',
    path: '/guilds/:guild/threads/active',
    limit: GENEROUS,
    handle: (request, context) => ({
      body: { threads: activeThreads(guildOf(request, context)).map(channelObject), members: [] },
    }),
  },
  {
    method: 'GET',
    path: '/guilds/:guild/members/:user',
    limit: GENEROUS,
    handle: (request, context) => {
      const id = param(request, 'user') === '@me' ? context.world.bot.id : param(request, 'user');
      const member = guildOf(request, context).members.get(id);
      if (member === undefined) throw restErrors.unknownMember();
      return { body: memberWithUser(member) };
    },
  },
];

function emptyOfGuild(...[request, context]: Parameters<Route['handle']>) {
  guildOf(request, context);
  return { body: [] };
}

function application({ world, hasContent }: RestContext) {
  return {
    id: world.applicationId,
    name: world.bot.name,
    icon: null,
    description: '',
    summary: '',
    type: null,
    bot: world.bot.api,
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: '0'.repeat(64),
    flags: applicationFlags(hasContent()),
    owner: world.bot.api,
    team: null,
    approximate_guild_count: world.guilds.size,
  };
}
