import type { ChannelChange, DirectoryChannel } from '@dms/event-log';
import { archiveTimestamp, isArchived } from './find-threads.ts';
import { isJsonObject, type Json } from './sanitise.ts';

/** A channel or thread that is stored, or queued to be, and not deleted. */
export interface KnownChannel {
  readonly id: string;
  readonly guildId: string;
  /** Of a thread; null for channels. */
  readonly parentId: string | null;
  readonly type: number;
  /** Of an archived thread, milliseconds since the Unix epoch, 0 when it does not say; null for everything else. */
  readonly archivedAtMs: number | null;
}

/** Which channels there are as far as we know: what Discord does not name any more was archived, hidden or deleted. */
export interface KnownChannels {
  /** Replaces what is known by what is stored and not deleted. */
  load(stored: readonly DirectoryChannel[]): void;
  /** It is queued. */
  observe(change: ChannelChange): void;
  get(id: string): KnownChannel | undefined;
  ofGuild(guildId: string): readonly KnownChannel[];
  threadsOf(parentId: string): readonly KnownChannel[];
}

export function createKnownChannels(): KnownChannels {
  const channels = new Map<string, KnownChannel>();
  const note = ({ id, guildId, parentId, type, payload }: Omit<DirectoryChannel, 'name'>): void => {
    channels.set(id, { id, guildId, parentId, type, archivedAtMs: readArchivedAt(payload) });
  };
  const filter = (isWanted: (channel: KnownChannel) => boolean): readonly KnownChannel[] => {
    const found: KnownChannel[] = [];
    for (const channel of channels.values()) if (isWanted(channel)) found.push(channel);
    return found;
  };
  return {
    load(stored) {
      channels.clear();
      for (const channel of stored) note(channel);
    },
    observe(change) {
      if (change.isDeleted) channels.delete(change.id);
      else note(change);
    },
    get: (id) => channels.get(id),
    ofGuild: (guildId) => filter((channel) => channel.guildId === guildId),
    threadsOf: (parentId) => filter((channel) => channel.parentId === parentId),
  };
}

function readArchivedAt(payload: string): number | null {
  const channel: Json = JSON.parse(payload);
  if (!isJsonObject(channel) || !isArchived(channel)) return null;
  const timeMs = Date.parse(archiveTimestamp(channel) ?? '');
  return Number.isNaN(timeMs) ? 0 : timeMs;
}
