import type { ChannelChange, DirectoryChange, GuildChange, PinsChange } from '@dms/event-log';
import { compareSnowflakes, type Origin } from '@dms/protocol';
import { createMembers, type MemberEntry } from './members.ts';
import { contentHash } from './message-hash.ts';
import { eventPayload, utcTime } from './message-payload.ts';
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
  /** As last seen in a dispatch; bounded, so anybody may be forgotten. */
  member(guildId: string, userId: string): MemberEntry | undefined;
}

/** How a dispatch was observed. */
export interface Sighting {
  readonly origin: Origin;
  /** A fresh stamp per change, see `EventLog.stamp()`. */
  readonly stamp: () => number;
  /** False when the dispatch only shows what was there before we were; true for everything that happens. */
  readonly isNews: boolean;
}

export interface Directory extends DirectoryView {
  /** Learns from a sanitised dispatch of any type; returns what should be stored of it. */
  learn(type: string, data: JsonObject, sighting: Sighting): readonly DirectoryChange[];
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
/** About our session rather than the guild, and only in GUILD_CREATE. */
const SESSION_FIELDS: ReadonlySet<string> = new Set([
  'joined_at',
  'large',
  'lazy',
  'unavailable',
  'application_command_counts',
  'embedded_activities',
]);
const BULKY_GUILD_PARTS = ['stickers', 'emojis', 'roles'] as const;
const BULKY_CHANNEL_PARTS = ['permission_overwrites', 'available_tags'] as const;
/** What of a guild has dispatches of its own, and the field each replaces. */
const GUILD_LISTS: Readonly<Record<string, string>> = {
  GUILD_EMOJIS_UPDATE: 'emojis',
  GUILD_STICKERS_UPDATE: 'stickers',
};

const without = (object: JsonObject, keys: ReadonlySet<string>): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.has(key)));

const byId = (a: JsonObject, b: JsonObject): number => compareSnowflakes(idAt(a, 'id') ?? '0', idAt(b, 'id') ?? '0');

/** Discord does not promise an order, and a list that was patched has another. */
const sortedLists = (guild: JsonObject): JsonObject =>
  Object.fromEntries(BULKY_GUILD_PARTS.map((part) => [part, objectsIn(guild[part]).toSorted(byId)]));

function readRole(role: JsonObject): Role {
  return {
    name: stringAt(role, 'name') ?? '',
    color: (numberAt(role, 'color') ?? 0) & 0xffffff,
    position: numberAt(role, 'position') ?? 0,
  };
}

interface KnownGuild {
  name: string;
  readonly roles: Map<string, Role>;
  /** The guild object as last described; null before. */
  face: JsonObject | null;
}

/** Remembers every guild, role, channel and thread it ever heard of, deleted ones included: what comes late about them still
 *  needs their names. Of members only the most recent. */
export function createDirectory(): Directory {
  const guilds = new Map<string, KnownGuild>();
  const channels = new Map<string, ChannelEntry>();
  const members = createMembers();

  const guildEntry = (id: string): KnownGuild => {
    const known = guilds.get(id);
    if (known !== undefined) return known;
    const fresh = { name: '', roles: new Map<string, Role>(), face: null };
    guilds.set(id, fresh);
    return fresh;
  };

  const noteRoles = (entry: KnownGuild, roles: Json | undefined): void => {
    for (const role of objectsIn(roles)) {
      const roleId = idAt(role, 'id');
      if (roleId !== null) entry.roles.set(roleId, readRole(role));
    }
  };

  const learnGuild = (guild: JsonObject, { origin, stamp, isNews }: Sighting): readonly GuildChange[] => {
    const id = idAt(guild, 'id');
    const name = stringAt(guild, 'name');
    // An unavailable guild has an id and nothing else: an outage, not news.
    if (id === null || name === null) return [];
    const entry = guildEntry(id);
    entry.name = name;
    noteRoles(entry, guild.roles);
    const face = without(guild, LEFT_OUT);
    entry.face = face;
    const shown = { payload: JSON.stringify(face), eventPayload: eventPayload(face, BULKY_GUILD_PARTS) };
    const hash = contentHash({ ...without(face, SESSION_FIELDS), ...sortedLists(face) });
    return [{ kind: 'guild', id, name, hash, ...shown, origin, observedAt: stamp(), isNews }];
  };

  /** Roles, emoji and stickers change in dispatches of their own, which show only them. */
  const patchGuild = (guildId: string | null, fields: JsonObject, sighting: Sighting): readonly GuildChange[] => {
    const face = guildId === null ? null : guildEntry(guildId).face;
    return face === null ? [] : learnGuild({ ...face, ...fields }, sighting);
  };

  const learnRole = (data: JsonObject, sighting: Sighting): readonly GuildChange[] => {
    const guildId = idAt(data, 'guild_id');
    const role = objectAt(data, 'role');
    const roleId = role === null ? idAt(data, 'role_id') : idAt(role, 'id');
    if (guildId === null || roleId === null) return [];
    const { face, roles } = guildEntry(guildId);
    if (role !== null) roles.set(roleId, readRole(role));
    const others = objectsIn(face?.roles).filter((other) => stringAt(other, 'id') !== roleId);
    return patchGuild(guildId, { roles: role === null ? others : [...others, role] }, sighting);
  };

  const leaveGuild = (data: JsonObject, { origin, stamp }: Sighting): readonly DirectoryChange[] => {
    const id = idAt(data, 'id');
    if (id === null || data.unavailable === true) return [];
    return [{ kind: 'guild-left', id, origin, observedAt: stamp() }];
  };

  const pinsOf = (id: string | null, data: JsonObject, sighting: Sighting): readonly PinsChange[] => {
    if (id === null || data.last_pin_timestamp === undefined) return [];
    const { origin, stamp, isNews } = sighting;
    const lastPinTimestamp = utcTime(stringAt(data, 'last_pin_timestamp'));
    return [{ kind: 'pins', id, lastPinTimestamp, origin, observedAt: stamp(), isNews }];
  };

  const learnChannel = (
    data: JsonObject,
    guildIdOfParent: string | null,
    isDeleted: boolean,
    sighting: Sighting,
  ): readonly (ChannelChange | PinsChange)[] => {
    const id = idAt(data, 'id');
    const guildId = idAt(data, 'guild_id') ?? guildIdOfParent;
    if (id === null || guildId === null) return [];
    const { origin, stamp, isNews } = sighting;
    const type = numberAt(data, 'type') ?? 0;
    const parentId = THREAD_TYPES.has(type) ? idAt(data, 'parent_id') : null;
    const name = stringAt(data, 'name') ?? channels.get(id)?.name ?? '';
    channels.set(id, { guildId, name, type, parentId });
    const baselineMessageId = idAt(data, 'last_message_id');
    const { last_pin_timestamp, newly_created, ...channel } = data;
    const payload = eventPayload({ ...channel, guild_id: guildId }, BULKY_CHANNEL_PARTS);
    const what = {
      id,
      guildId,
      parentId,
      type,
      name,
      baselineMessageId,
      isDeleted,
      hash: contentHash(channel),
      payload,
    };
    const change: ChannelChange = { kind: 'channel', ...what, origin, observedAt: stamp(), isNews };
    return isDeleted ? [change] : [change, ...pinsOf(id, data, sighting)];
  };

  const learnChannels = (list: Json | undefined, guildId: string | null, sighting: Sighting) =>
    objectsIn(list).flatMap((channel) => learnChannel(channel, guildId, false, sighting));

  const learn: Directory['learn'] = (type, data, sighting) => {
    members.learn(type, data);
    switch (type) {
      case 'GUILD_CREATE': {
        const guildId = idAt(data, 'id');
        return [
          ...learnGuild(data, sighting),
          ...learnChannels(data.channels, guildId, sighting),
          ...learnChannels(data.threads, guildId, sighting),
        ];
      }
      case 'GUILD_UPDATE':
        return learnGuild(data, sighting);
      case 'GUILD_DELETE':
        return leaveGuild(data, sighting);
      case 'CHANNEL_CREATE':
      case 'CHANNEL_UPDATE':
      case 'THREAD_CREATE':
      case 'THREAD_UPDATE':
        return learnChannel(data, null, false, sighting);
      case 'CHANNEL_DELETE':
      case 'THREAD_DELETE':
        return learnChannel(data, null, true, sighting);
      case 'CHANNEL_PINS_UPDATE':
        return pinsOf(idAt(data, 'channel_id'), data, sighting);
      case 'THREAD_LIST_SYNC':
        return learnChannels(data.threads, idAt(data, 'guild_id'), sighting);
      case 'GUILD_ROLE_CREATE':
      case 'GUILD_ROLE_UPDATE':
      case 'GUILD_ROLE_DELETE':
        return learnRole(data, sighting);
      case 'GUILD_EMOJIS_UPDATE':
      case 'GUILD_STICKERS_UPDATE': {
        const list = GUILD_LISTS[type] ?? '';
        return patchGuild(idAt(data, 'guild_id'), { [list]: data[list] ?? [] }, sighting);
      }
      default:
        return [];
    }
  };

  return {
    guild: (id) => guilds.get(id),
    channel: (id) => channels.get(id),
    member: (guildId, userId) => members.find(guildId, userId),
    learn,
  };
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
