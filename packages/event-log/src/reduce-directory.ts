import type { EventRoute, Origin } from '@dms/protocol';
import type {
  ChannelChange,
  DirectoryChange,
  EmptiedChange,
  GuildChange,
  GuildLeftChange,
  PinsChange,
} from './change.ts';
import { withOrigin } from './payload.ts';
import type { ChannelRow, Entry, GuildRow, StoredChannel, StoredGuild, Surroundings } from './reduction.ts';

export interface DirectoryReducer {
  reduce(change: DirectoryChange | EmptiedChange): void;
  outcome(): {
    readonly guilds: readonly GuildRow[];
    readonly channels: readonly ChannelRow[];
    readonly emptied: readonly string[];
  };
}

const THREAD_TYPES: ReadonlySet<number> = new Set([10, 11, 12]);

/** Guilds, channels, threads and pins: an event iff what a reader can see of them changes, and was seen before. */
export function createDirectoryReducer(
  stored: Pick<Surroundings, 'guilds' | 'channels'>,
  append: (entry: Entry) => void,
): DirectoryReducer {
  const guilds = new Map<string, GuildRow>();
  const channels = new Map<string, ChannelRow>();
  const emptied = new Set<string>();

  const announce = (type: string, where: Partial<EventRoute>, payload: string, origin: Origin): void =>
    append({ route: { ...NOWHERE, ...where, type }, origin, payload: withOrigin(payload, origin), row: null });

  const reduceGuild = (change: GuildChange): void => {
    const { id, hash, observedAt, eventPayload, origin } = change;
    const before: StoredGuild | undefined = guilds.get(id) ?? stored.guilds.get(id);
    if (before !== undefined && observedAt <= before.observedAt) return;
    guilds.set(id, { id, hash, observedAt, isDeleted: false, change });
    const isChanged = before !== undefined && (before.isDeleted || isNewHash(before.hash, hash));
    if (isChanged && change.isNews) announce('GUILD_UPDATE', { guildId: id }, eventPayload, origin);
  };

  const reduceGuildLeft = ({ id, observedAt, origin }: GuildLeftChange): void => {
    const held = guilds.get(id);
    const before: StoredGuild | undefined = held ?? stored.guilds.get(id);
    if (before === undefined || before.isDeleted || observedAt <= before.observedAt) return;
    const { hash } = before;
    guilds.set(id, { id, hash, observedAt, isDeleted: true, change: held?.change ?? null });
    announce('GUILD_DELETE', { guildId: id }, JSON.stringify({ id }), origin);
  };

  const reduceChannel = (change: ChannelChange): void => {
    const { id, guildId, parentId, hash, observedAt, isDeleted, origin } = change;
    const held = channels.get(id);
    const before: StoredChannel | undefined = held ?? stored.channels.get(id);
    if (before !== undefined && observedAt <= before.observedAt) return;
    const lastPinTimestamp = before?.lastPinTimestamp ?? null;
    const kept = held?.change == null ? change : { ...change, baselineMessageId: held.change.baselineMessageId };
    channels.set(id, { id, hash, observedAt, guildId, parentId, isDeleted, lastPinTimestamp, change: kept });
    const what = whatHappened(before, change);
    if (what === null || !change.isNews) return;
    const kind = THREAD_TYPES.has(change.type) ? 'THREAD' : 'CHANNEL';
    announce(EVENT_TYPES[`${kind}_${what}`], { guildId, channelId: id, parentId }, change.payload, origin);
  };

  const reducePins = ({ id, lastPinTimestamp, observedAt, isNews, origin }: PinsChange): void => {
    const held = channels.get(id);
    const before: StoredChannel | undefined = held ?? stored.channels.get(id);
    if (before === undefined || before.isDeleted || observedAt <= before.observedAt) return;
    if (before.lastPinTimestamp === lastPinTimestamp) return;
    const { hash, guildId, parentId, isDeleted } = before;
    const state = { hash, observedAt, guildId, parentId, isDeleted, lastPinTimestamp };
    channels.set(id, { id, ...state, change: held?.change ?? null });
    if (!isNews) return;
    const d = { guild_id: guildId, channel_id: id, last_pin_timestamp: lastPinTimestamp };
    announce('CHANNEL_PINS_UPDATE', { guildId, channelId: id, parentId }, JSON.stringify(d), origin);
  };

  return {
    reduce(change) {
      if (change.kind === 'guild') reduceGuild(change);
      else if (change.kind === 'guild-left') reduceGuildLeft(change);
      else if (change.kind === 'channel') reduceChannel(change);
      else if (change.kind === 'pins') reducePins(change);
      else emptied.add(change.id);
    },
    outcome: () => ({
      guilds: [...guilds.values()],
      channels: [...channels.values()],
      // One that came back in the same batch is not empty for ever.
      emptied: [...emptied].filter((id) => !channels.has(id)),
    }),
  };
}

const NOWHERE = { guildId: null, channelId: null, parentId: null, authorId: null, messageId: null };
const EVENT_TYPES = {
  CHANNEL_CREATE: 'CHANNEL_CREATE',
  CHANNEL_UPDATE: 'CHANNEL_UPDATE',
  CHANNEL_DELETE: 'CHANNEL_DELETE',
  THREAD_CREATE: 'THREAD_CREATE',
  THREAD_UPDATE: 'THREAD_UPDATE',
  THREAD_DELETE: 'THREAD_DELETE',
} as const;

/** A row of an older release has no digest yet: the first one is no news. */
const isNewHash = (before: string, now: string): boolean => before !== '' && before !== now;

function whatHappened(before: StoredChannel | undefined, change: ChannelChange): 'CREATE' | 'UPDATE' | 'DELETE' | null {
  // Who never heard of it need not hear that it is gone.
  if (change.isDeleted) return before === undefined || before.isDeleted ? null : 'DELETE';
  if (before === undefined || before.isDeleted) return 'CREATE';
  return isNewHash(before.hash, change.hash) ? 'UPDATE' : null;
}
