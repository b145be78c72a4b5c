import { InputError } from '../input.ts';
import { guildObject } from './guild-object.ts';
import type { Guild } from './model.ts';
import type { World } from './world.ts';

/** Announces GUILD_UPDATE. */
export function renameGuild(world: World, guild: Guild, name: string): void {
  guild.name = name;
  announce(world, guild, 'GUILD_UPDATE', guildObject(guild));
}

/** The bot is removed: GUILD_DELETE without `unavailable`, and the guild is unknown to REST from then on. Discord says nothing
 *  of the channels and messages inside. */
export function leaveGuild(world: World, guild: Guild): void {
  for (const channel of guild.channels.values()) {
    for (const message of channel.messages) message.deleted = true;
    world.channels.delete(channel.id);
  }
  world.guilds.delete(guild.id);
  announce(world, guild, 'GUILD_DELETE', { id: guild.id });
}

/** Announces GUILD_ROLE_UPDATE; `color` is 0xRRGGBB. @throws InputError when no role has this id or name. */
export function colorRole(world: World, guild: Guild, idOrName: string, color: number): void {
  const role = guild.roles.find(({ id, name }) => id === idOrName || name === idOrName);
  if (role === undefined) throw new InputError(`no role is called "${idOrName}"`);
  role.color = color;
  role.colors = { ...role.colors, primary_color: color };
  announce(world, guild, 'GUILD_ROLE_UPDATE', { guild_id: guild.id, role });
}

function announce(world: World, guild: Guild, type: string, data: object): void {
  world.emit({ type, guild, channel: null, body: JSON.stringify(data), strippedBody: null, detail: {} });
}
