import { type APIRole, OverwriteType } from 'discord-api-types/v10';
import { InputError } from '../input.ts';
import { channelObject } from './channel-object.ts';
import type { Channel, Guild } from './model.ts';
import { findMember, type World } from './world.ts';

const VIEW_CHANNEL = 1n << 10n;
const READ_MESSAGE_HISTORY = 1n << 16n;
const ADMINISTRATOR = 1n << 3n;

/** Whom an overwrite is for: the name or id of a role (`@everyone` too) or of a member. Permissions are bits as decimal text. */
export interface OverwriteChange {
  readonly whom: string;
  readonly allow: string;
  readonly deny: string;
}

/** Sets a channel's permission overwrite and announces CHANNEL_UPDATE. @throws InputError when nobody is called so. */
export function setOverwrite(world: World, channel: Channel, { whom, allow, deny }: OverwriteChange): void {
  const { guild } = channel;
  const id = findRole(guild, whom)?.id ?? findMember(guild, whom)?.user.id;
  if (id === undefined) throw new InputError(`no role and no member is called "${whom}"`);
  const type = guild.members.has(id) ? OverwriteType.Member : OverwriteType.Role;
  channel.overwrites = [...(channel.overwrites ?? []).filter((known) => known.id !== id), { id, type, allow, deny }];
  judgeAccess(world, channel);
  world.emit({
    ...{ type: 'CHANNEL_UPDATE', guild, channel, body: JSON.stringify(channelObject(channel)) },
    ...{ strippedBody: null, detail: {} },
  });
}

/** Changes what a role may do everywhere, and announces GUILD_ROLE_UPDATE. @throws InputError when no role is called so. */
export function setRolePermissions(world: World, guild: Guild, idOrName: string, permissions: string): void {
  const role = findRole(guild, idOrName);
  if (role === undefined) throw new InputError(`no role is called "${idOrName}"`);
  role.permissions = permissions;
  for (const channel of guild.channels.values()) if (channel.thread === null) judgeAccess(world, channel);
  const body = JSON.stringify({ guild_id: guild.id, role });
  world.emit({ type: 'GUILD_ROLE_UPDATE', guild, channel: null, body, strippedBody: null, detail: {} });
}

const findRole = (guild: Guild, idOrName: string): APIRole | undefined =>
  guild.roles.find(({ id, name }) => id === idOrName || name === idOrName);

/** What the bot may do in the channel, as Discord decides it. https://discord.com/developers/docs/topics/permissions */
function judgeAccess(world: World, channel: Channel): void {
  const { guild } = channel;
  const mine = new Set([guild.id, ...(guild.members.get(world.bot.id)?.roleIds ?? [])]);
  const base = guild.roles.filter(({ id }) => mine.has(id)).reduce((sum, role) => sum | BigInt(role.permissions), 0n);
  const isAlmighty = (base & ADMINISTRATOR) !== 0n;
  channel.overwrites ??= [];
  const { overwrites } = channel;
  const steps = [
    overwrites.filter(({ id }) => id === guild.id),
    overwrites.filter(({ id }) => id !== guild.id && mine.has(id)),
    overwrites.filter(({ id }) => id === world.bot.id),
  ];
  const permissions = steps.reduce((before, step) => {
    const denied = step.reduce((sum, { deny }) => sum | BigInt(deny), 0n);
    return step.reduce((sum, { allow }) => sum | BigInt(allow), before & ~denied);
  }, base);
  channel.hidden = !isAlmighty && (permissions & VIEW_CHANNEL) === 0n;
  channel.isHistoryRefused = !isAlmighty && (permissions & READ_MESSAGE_HISTORY) === 0n;
}
