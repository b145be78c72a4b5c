import type { ChannelType } from 'discord-api-types/v10';
import { createSnowflakes, stableSnowflake } from '../snowflake.ts';
import type { Channel, Guild, Member, Message, User } from './model.ts';
import { defaultRoles } from './roles.ts';
import { makeUser } from './users.ts';
import type { WorldEvent } from './world-event.ts';

/** The state that Discord would hold, and the single place where its changes are announced. */
export interface World {
  readonly seed: number;
  readonly bot: User;
  readonly applicationId: string;
  readonly guilds: Map<string, Guild>;
  /** Channels and threads of every guild. */
  readonly channels: Map<string, Channel>;
  readonly users: Map<string, User>;
  /** Every message made, deleted ones included, in creation order; the oldest go beyond `maxMessages`. */
  readonly messages: Map<string, Message>;
  readonly maxMessages: number;
  /** The world's time, Unix milliseconds. */
  readonly now: () => number;
  /** How far the world's time lags behind the clock, milliseconds: above 0 only while a past is being made up. */
  timeShiftMs: number;
  /** The next id; ids ascend in creation order. */
  readonly nextId: () => string;
  /** Called once per change, after the state changed, in order. */
  emit: (event: WorldEvent) => void;
}

export interface WorldOptions {
  readonly seed: number;
  readonly now: () => number;
  readonly botName: string;
  readonly maxMessages: number;
}

/** An empty world that knows only the bot. Events go nowhere until `emit` is set. */
export function createWorld(options: WorldOptions): World {
  const bot = makeUser({ id: stableSnowflake(options.seed, 'bot', options.botName), name: options.botName, bot: true });
  const now = (): number => options.now() - world.timeShiftMs;
  const world: World = {
    seed: options.seed,
    bot,
    // Discord gives an application and its bot user the same id.
    applicationId: bot.id,
    guilds: new Map(),
    channels: new Map(),
    users: new Map([[bot.id, bot]]),
    messages: new Map(),
    maxMessages: options.maxMessages,
    now,
    timeShiftMs: 0,
    nextId: createSnowflakes(now),
    emit: () => {},
  };
  return world;
}

/** Adds a guild with the bot as its member, or returns the one of that name. Announces nothing. */
export function ensureGuild(world: World, name: string): Guild {
  for (const guild of world.guilds.values()) if (guild.name === name) return guild;
  const id = stableSnowflake(world.seed, 'guild', name);
  const guild: Guild = {
    id,
    name,
    // Somebody else's server: an owner may do everything, which no bot should need.
    ownerId: stableSnowflake(world.seed, 'owner', name),
    roles: defaultRoles(world.seed, id, name),
    members: new Map(),
    channels: new Map(),
    available: true,
  };
  world.guilds.set(id, guild);
  addMember(world, guild, world.bot, null, []);
  return guild;
}

/** Adds a channel, or returns the guild's channel of that name. Announces nothing. */
export function ensureChannel(
  world: World,
  guild: Guild,
  channel: { name: string; type: ChannelType; topic?: string; parentId?: string },
): Channel {
  for (const known of guild.channels.values()) if (known.name === channel.name && !known.thread) return known;
  const added: Channel = {
    id: stableSnowflake(world.seed, `channel of ${guild.name}`, channel.name),
    guild,
    type: channel.type,
    name: channel.name,
    topic: channel.topic ?? null,
    position: guild.channels.size,
    parentId: channel.parentId ?? null,
    thread: null,
    messages: [],
    lastMessageId: null,
    lastPinAtMs: null,
    hidden: false,
  };
  guild.channels.set(added.id, added);
  world.channels.set(added.id, added);
  return added;
}

/** Adds a user as the guild's member, or returns the member of that name. The same name is the same user in every guild. */
export function ensureMember(
  world: World,
  guild: Guild,
  person: { name: string; globalName?: string; nick?: string; roles?: readonly string[]; bot?: boolean },
): Member {
  const id = stableSnowflake(world.seed, 'user', person.name);
  const known = guild.members.get(id);
  if (known !== undefined) return known;
  const user =
    world.users.get(id) ??
    makeUser({ id, name: person.name, globalName: person.globalName ?? person.name, bot: person.bot ?? false });
  world.users.set(id, user);
  const wanted = person.roles ?? [];
  const roleIds = guild.roles.filter((role) => wanted.includes(role.name)).map((role) => role.id);
  return addMember(world, guild, user, person.nick ?? null, roleIds);
}

/** The member that the given user id or name means, or undefined. */
export function findMember(guild: Guild, idOrName: string): Member | undefined {
  const known = guild.members.get(idOrName);
  if (known !== undefined) return known;
  for (const member of guild.members.values()) if (member.user.name === idOrName) return member;
  return undefined;
}

/** Gives a member another nickname or guild avatar (a hash), or takes it away. Silent, as for a bot without the members intent. */
export function changeMember(
  guild: Guild,
  member: Member,
  { nick = member.nick, avatar = member.avatar }: { nick?: string | null; avatar?: string | null },
): void {
  guild.members.set(member.user.id, { ...member, nick, avatar });
}

function addMember(world: World, guild: Guild, user: User, nick: string | null, roleIds: readonly string[]): Member {
  const member: Member = { user, nick, avatar: null, roleIds, joinedAtMs: world.now() };
  guild.members.set(user.id, member);
  return member;
}
