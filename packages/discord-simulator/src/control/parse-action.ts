import {
  type Fields,
  InputError,
  optionalBoolean,
  optionalInteger,
  optionalString,
  optionalStrings,
  requireName,
  requireString,
} from '../input.ts';
import type { Action } from '../world/action.ts';
import { resolveChannel, resolveGuild } from '../world/lookup.ts';
import { parseEmbeds, parseMessageParts } from '../world/parse-message-parts.ts';
import type { World } from '../world/world.ts';

type ActionParser = (fields: Fields, world: World) => Action;

/** Reads an action from a control request: messages and threads by id, channels and guilds by id or name. @throws InputError. */
export function parseAction(world: World, fields: Fields): Action {
  const op = requireName(fields, 'op');
  const parse = Object.hasOwn(ACTIONS, op) ? ACTIONS[op] : undefined;
  if (parse === undefined) throw new InputError(`unknown op "${op}"; there are: ${Object.keys(ACTIONS).join(', ')}`);
  return parse(fields, world);
}

const message = (fields: Fields) => requireName(fields, 'message');
const user = (fields: Fields) => requireName(fields, 'user');
const name = (fields: Fields) => requireName(fields, 'name');
const thread = (fields: Fields) => requireName(fields, 'thread');
const text = (fields: Fields) => requireString(fields, 'text');
const channel = (fields: Fields, world: World) =>
  resolveChannel(world, requireName(fields, 'channel'), optionalString(fields, 'guild')).id;
const answer = (fields: Fields) => {
  const value = optionalInteger(fields, 'answer', 1);
  if (value === undefined) throw new InputError('"answer" is required');
  return value;
};

const reaction = (fields: Fields) => ({
  ...{ message: message(fields), user: user(fields), emoji: requireName(fields, 'emoji') },
  burst: optionalBoolean(fields, 'burst') === true,
});
const guild = (fields: Fields, world: World) => resolveGuild(world, requireName(fields, 'guild')).id;

/** Permissions as decimal text; absent = none. */
const bits = (fields: Fields, field: string): string => {
  const value = optionalString(fields, field) ?? '0';
  if (!/^\d{1,20}$/.test(value)) throw new InputError(`"${field}" must be permission bits as decimal text`);
  return value;
};

const ACTIONS: Readonly<Record<string, ActionParser>> = {
  message: (f, world) => {
    const replyTo = optionalString(f, 'reply_to');
    const parts = { ...parseMessageParts(f), ...(replyTo === undefined ? {} : { replyTo }) };
    return { op: 'message', channel: channel(f, world), user: user(f), text: text(f), ...parts };
  },
  edit: (f) => ({ op: 'edit', message: message(f), text: text(f) }),
  refresh: (f) => ({ op: 'refresh', message: message(f), embeds: parseEmbeds(f) }),
  delete: (f) => ({ op: 'delete', message: message(f) }),
  bulk_delete: (f) => ({ op: 'bulk_delete', messages: optionalStrings(f, 'messages') ?? [] }),
  react: (f) => ({ op: 'react', ...reaction(f) }),
  unreact: (f) => ({ op: 'unreact', ...reaction(f) }),
  clear_reactions: (f) => {
    const emoji = optionalString(f, 'emoji');
    return { op: 'clear_reactions', message: message(f), ...(emoji === undefined ? {} : { emoji }) };
  },
  pin: (f) => ({ op: 'pin', message: message(f) }),
  unpin: (f) => ({ op: 'unpin', message: message(f) }),
  forward: (f, world) => ({ op: 'forward', message: message(f), channel: channel(f, world), user: user(f) }),
  thread: (f) => ({ op: 'thread', message: message(f), name: name(f) }),
  archive_thread: (f) => ({ op: 'archive_thread', thread: thread(f) }),
  unarchive_thread: (f) => ({ op: 'unarchive_thread', thread: thread(f) }),
  delete_thread: (f) => ({ op: 'delete_thread', thread: thread(f) }),
  post: (f, world) => {
    const what = { op: 'post', channel: channel(f, world), user: user(f), name: name(f), text: text(f) } as const;
    const isPrivate = optionalBoolean(f, 'private');
    return isPrivate === undefined ? what : { ...what, private: isPrivate };
  },
  poll: (f, world) => ({
    op: 'poll',
    channel: channel(f, world),
    user: user(f),
    question: requireName(f, 'question'),
    answers: optionalStrings(f, 'answers') ?? [],
  }),
  vote: (f) => ({ op: 'vote', message: message(f), user: user(f), answer: answer(f) }),
  unvote: (f) => ({ op: 'unvote', message: message(f), user: user(f), answer: answer(f) }),
  close_poll: (f) => ({ op: 'close_poll', message: message(f) }),
  create_channel: (f, world) => {
    const type = optionalInteger(f, 'type');
    return { op: 'create_channel', guild: guild(f, world), name: name(f), ...(type === undefined ? {} : { type }) };
  },
  rename_channel: (f, world) => ({ op: 'rename_channel', channel: channel(f, world), name: name(f) }),
  delete_channel: (f, world) => ({ op: 'delete_channel', channel: channel(f, world) }),
  rename_guild: (f, world) => ({ op: 'rename_guild', guild: guild(f, world), name: name(f) }),
  overwrite: (f, world) => ({
    op: 'overwrite',
    channel: channel(f, world),
    whom: requireName(f, 'whom'),
    allow: bits(f, 'allow'),
    deny: bits(f, 'deny'),
  }),
  role_permissions: (f, world) => ({
    op: 'role_permissions',
    guild: guild(f, world),
    role: requireName(f, 'role'),
    permissions: bits(f, 'permissions'),
  }),
  leave_guild: (f, world) => ({ op: 'leave_guild', guild: guild(f, world) }),
  color_role: (f, world) => ({
    op: 'color_role',
    guild: guild(f, world),
    role: requireName(f, 'role'),
    color: optionalInteger(f, 'color') ?? 0,
  }),
  member: (f, world) => {
    const nick = optionalString(f, 'nick');
    const avatar = optionalString(f, 'avatar');
    const changed = { ...(nick === undefined ? {} : { nick }), ...(avatar === undefined ? {} : { avatar }) };
    return { op: 'member', guild: guild(f, world), user: user(f), ...changed };
  },
};
