import type { ChannelChange, GuildChange } from '@dms/event-log';
import { compareSnowflakes } from '@dms/protocol';
import { idAt, type Json, type JsonObject, numberAt, objectAt, objectsIn, stringAt } from './sanitise.ts';

export interface Role {
  readonly name: string;
  /** 0xRRGGBB; 0 = no colour. */
  readonly color: number;
  readonly position: number;
}

export interface GuildEntry {
  readonly name: string;
  readonly roles: ReadonlyMap<string, Role>;
}

export interface ChannelEntry {
  readonly guildId: string;
  readonly name: string;
  readonly type: number;
  /** The channel a thread belongs to; null outside threads. */
  readonly parentId: string | null;
}

/** The names and colours of the moment, for resolving what a message refers to. */
export interface DirectoryView {
  guild(id: string): GuildEntry | undefined;
  channel(id: string): ChannelEntry | undefined;
}

export interface Directory extends DirectoryView {
  /** Learns from a sanitised dispatch; returns what should be stored of it. Other types change nothing. */
  learn(type: string, data: JsonObject): readonly (GuildChange | ChannelChange)[];
}

const THREAD_TYPES: ReadonlySet<number> = new Set([10, 11, 12]);
/** Bulky or private parts of GUILD_CREATE that are no part of a guild's public face. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'channels',
  'threads',
  'members',
  'presences',
  'voice_states',
  'stage_instances',
  'guild_scheduled_events',
  'soundboard_sounds',
]);

const publicFace = (guild: JsonObject): string =>
  JSON.stringify(Object.fromEntries(Object.entries(guild).filter(([key]) => !LEFT_OUT.has(key))));

function readRole(role: JsonObject): Role {
  return {
    name: stringAt(role, 'name') ?? '',
    color: (numberAt(role, 'color') ?? 0) & 0xffffff,
    position: numberAt(role, 'position') ?? 0,
  };
}

/** Remembers every guild, role, channel and thread it ever heard of, deleted ones included: what comes late about them still
 *  needs their names. */
export function createDirectory(): Directory {
  const guilds = new Map<string, { name: string; roles: Map<string, Role> }>();
  const channels = new Map<string, ChannelEntry>();

  const guildEntry = (id: string): { name: string; roles: Map<string, Role> } => {
    const known = guilds.get(id);
    if (known !== undefined) return known;
    const fresh = { name: '', roles: new Map<string, Role>() };
    guilds.set(id, fresh);
    return fresh;
  };

  const learnGuild = (guild: JsonObject): readonly GuildChange[] => {
    const id = idAt(guild, 'id');
    const name = stringAt(guild, 'name');
    // An unavailable guild has an id and nothing else: an outage, not news.
    if (id === null || name === null) return [];
    const entry = guildEntry(id);
    entry.name = name;
    for (const role of objectsIn(guild.roles)) {
      const roleId = idAt(role, 'id');
      if (roleId !== null) entry.roles.set(roleId, readRole(role));
    }
    return [{ kind: 'guild', id, name, payload: publicFace(guild) }];
  };

  const learnChannel = (
    channel: JsonObject,
    guildIdOfParent: string | null,
    isDeleted: boolean,
  ): readonly ChannelChange[] => {
    const id = idAt(channel, 'id');
    const guildId = idAt(channel, 'guild_id') ?? guildIdOfParent;
    if (id === null || guildId === null) return [];
    const type = numberAt(channel, 'type') ?? 0;
    const parentId = THREAD_TYPES.has(type) ? idAt(channel, 'parent_id') : null;
    const name = stringAt(channel, 'name') ?? channels.get(id)?.name ?? '';
    channels.set(id, { guildId, name, type, parentId });
    const baselineMessageId = idAt(channel, 'last_message_id');
    const payload = JSON.stringify({ ...channel, guild_id: guildId });
    return [{ kind: 'channel', id, guildId, parentId, type, name, baselineMessageId, isDeleted, payload }];
  };

  const learnChannels = (list: Json | undefined, guildId: string | null): readonly ChannelChange[] =>
    objectsIn(list).flatMap((channel) => learnChannel(channel, guildId, false));

  const learnRole = (data: JsonObject): void => {
    const guildId = idAt(data, 'guild_id');
    const role = objectAt(data, 'role');
    const roleId = role === null ? null : idAt(role, 'id');
    if (guildId !== null && role !== null && roleId !== null) guildEntry(guildId).roles.set(roleId, readRole(role));
  };

  const learn: Directory['learn'] = (type, data) => {
    switch (type) {
      case 'GUILD_CREATE': {
        const guildId = idAt(data, 'id');
        return [...learnGuild(data), ...learnChannels(data.channels, guildId), ...learnChannels(data.threads, guildId)];
      }
      case 'GUILD_UPDATE':
        return learnGuild(data);
      case 'CHANNEL_CREATE':
      case 'CHANNEL_UPDATE':
      case 'THREAD_CREATE':
      case 'THREAD_UPDATE':
        return learnChannel(data, null, false);
      case 'CHANNEL_DELETE':
      case 'THREAD_DELETE':
        return learnChannel(data, null, true);
      case 'THREAD_LIST_SYNC':
        return learnChannels(data.threads, idAt(data, 'guild_id'));
      case 'GUILD_ROLE_CREATE':
      case 'GUILD_ROLE_UPDATE':
        learnRole(data);
        return [];
      default:
        return [];
    }
  };

  return { guild: (id) => guilds.get(id), channel: (id) => channels.get(id), learn };
}

/** The colour a member's name is shown in: of the highest role that has one. */
export function memberColor(guild: GuildEntry | undefined, roleIds: readonly string[]): string | null {
  const coloured = roleIds
    .map((id) => ({ id, role: guild?.roles.get(id) }))
    .filter(({ role }) => role !== undefined && role.color !== 0)
    // Equal positions are resolved by the older role, as Discord does.
    .sort((a, b) => (b.role?.position ?? 0) - (a.role?.position ?? 0) || compareSnowflakes(a.id, b.id));
  const color = coloured[0]?.role?.color;
  return color === undefined ? null : `#${color.toString(16).padStart(6, '0')}`;
}
