import { isObject } from './message.ts';

/** Discord's numbers of channel kinds. */
export const CATEGORY = 4;
const THREAD_TYPES: ReadonlySet<number> = new Set([10, 11, 12]);

export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly type: number;
  readonly guildId: string | null;
  /** The category of a channel, the channel of a thread. */
  readonly parentId: string | null;
  readonly place: number;
  readonly topic: string;
}

export interface Role {
  readonly name: string;
  /** `#rrggbb`, or null for none. */
  readonly color: string | null;
}

export interface Guild {
  readonly id: string;
  readonly name: string;
  readonly iconUrl: string | null;
  readonly roles: ReadonlyMap<string, Role>;
}

export const isThread = ({ type }: Channel): boolean => THREAD_TYPES.has(type);

/** Channels, threads and guilds, as the server last described them. */
export interface Directory {
  readonly channels: ReadonlyMap<string, Channel>;
  readonly guilds: ReadonlyMap<string, Guild>;
  role(id: string): Role | null;
  load(guilds: readonly unknown[], channels: readonly unknown[]): void;
  /** True when something changed. */
  apply(type: string, d: unknown): boolean;
}

export function createDirectory(): Directory {
  const channels = new Map<string, Channel>();
  const guilds = new Map<string, Guild>();

  const set = <Value extends { readonly id: string }>(map: Map<string, Value>, value: Value | null): boolean => {
    if (value !== null) map.set(value.id, value);
    return value !== null;
  };

  return {
    channels,
    guilds,
    role(id) {
      for (const { roles } of guilds.values()) {
        const role = roles.get(id);
        if (role !== undefined) return role;
      }
      return null;
    },
    load(newGuilds, newChannels) {
      guilds.clear();
      channels.clear();
      for (const guild of newGuilds) set(guilds, readGuild(guild));
      for (const channel of newChannels) set(channels, readChannel(channel));
    },
    apply(type, d) {
      const id = isObject(d) && typeof d.id === 'string' ? d.id : '';
      if (type === 'CHANNEL_DELETE' || type === 'THREAD_DELETE') return channels.delete(id);
      if (type === 'GUILD_DELETE') return guilds.delete(id);
      if (type === 'GUILD_UPDATE') return set(guilds, readGuild(d));
      return /^(CHANNEL|THREAD)_(CREATE|UPDATE)$/.test(type) && set(channels, readChannel(d));
    },
  };
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);

function readChannel(value: unknown): Channel | null {
  if (!isObject(value) || typeof value.id !== 'string') return null;
  return {
    id: value.id,
    name: textOf(value.name) ?? value.id,
    type: numberOf(value.type),
    guildId: textOf(value.guild_id),
    parentId: textOf(value.parent_id),
    place: numberOf(value.position),
    topic: textOf(value.topic) ?? '',
  };
}

function readGuild(value: unknown): Guild | null {
  if (!isObject(value) || typeof value.id !== 'string') return null;
  const icon = textOf(value.icon);
  const roles = Array.isArray(value.roles) ? value.roles.flatMap(readRole) : [];
  return {
    id: value.id,
    name: textOf(value.name) ?? value.id,
    iconUrl:
      icon === null ? null : `https://cdn.discordapp.com/icons/${value.id}/${encodeURIComponent(icon)}.webp?size=64`,
    roles: new Map(roles),
  };
}

function readRole(value: unknown): [string, Role][] {
  if (!isObject(value) || typeof value.id !== 'string') return [];
  const color = numberOf(value.color);
  return [[value.id, { name: textOf(value.name) ?? value.id, color: color === 0 ? null : hexColor(color) }]];
}

export const hexColor = (color: number): string => `#${(color & 0xffffff).toString(16).padStart(6, '0')}`;
