import { InputError } from '../input.ts';
import type { Channel, Guild, Message, User } from './model.ts';
import { ensureMember, findMember, type World } from './world.ts';

/** @throws InputError when there is no such message, or it is deleted. */
export function needMessage(world: World, id: string): Message {
  const message = world.messages.get(id);
  if (message === undefined) throw new InputError(`no message has the id ${id}`);
  if (message.deleted) throw new InputError(`message ${id} is deleted`);
  return message;
}

/** @throws InputError when there is no such channel or thread. */
export function needChannel(world: World, id: string): Channel {
  const channel = world.channels.get(id);
  if (channel === undefined) throw new InputError(`no channel has the id ${id}`);
  return channel;
}

/** @throws InputError when the id is no thread's. */
export function needThread(world: World, id: string): Channel {
  const channel = needChannel(world, id);
  if (channel.thread === null) throw new InputError(`channel ${id} is not a thread`);
  return channel;
}

/** @throws InputError when there is no such guild. */
export function needGuild(world: World, id: string): Guild {
  const guild = world.guilds.get(id);
  if (guild === undefined) throw new InputError(`no guild has the id ${id}`);
  return guild;
}

/** The member with this user id or name; an unknown name joins the guild, silently as for a bot without the members intent. */
export function memberUser(world: World, guild: Guild, idOrName: string): User {
  return (findMember(guild, idOrName) ?? ensureMember(world, guild, { name: idOrName })).user;
}

/**
 * The channel that an id or a name means; `guild` (id or name) settles a name that several guilds have.
 * @throws InputError naming what is there when nothing or more than one thing fits.
 */
export function resolveChannel(world: World, idOrName: string, guild: string | undefined): Channel {
  const byId = world.channels.get(idOrName);
  if (byId !== undefined) return byId;
  const all = [...world.channels.values()].filter((channel) => guild === undefined || isGuild(channel.guild, guild));
  const called = all.filter((channel) => channel.name === idOrName);
  const channels = called.filter((channel) => channel.thread === null);
  const named = channels.length > 0 ? channels : called;
  const [only] = named;
  if (only === undefined) {
    const names = all.slice(0, 20).map((channel) => channel.name);
    throw new InputError(`no channel is called "${idOrName}"; there are: ${names.join(', ') || 'none'}`);
  }
  if (named.length > 1) throw new InputError(`several channels are called "${idOrName}": give its id, or "guild"`);
  return only;
}

/** The guild with this id or name. @throws InputError when there is none. */
export function resolveGuild(world: World, idOrName: string): Guild {
  for (const guild of world.guilds.values()) if (isGuild(guild, idOrName)) return guild;
  throw new InputError(`no guild is called "${idOrName}"`);
}

function isGuild(guild: Guild, idOrName: string): boolean {
  return guild.id === idOrName || guild.name === idOrName;
}
