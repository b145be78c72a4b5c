import type { APIMessage } from 'discord-api-types/v10';
import { messageObject } from './world/message-object.ts';
import type { Message } from './world/model.ts';
import type { World } from './world/world.ts';
import type { TruthDetail, WorldEvent } from './world/world-event.ts';

/** One dispatch, as the simulator announced it to every entitled session. */
export interface TruthDispatch {
  /** 1 for the first dispatch of this simulator, without holes. */
  readonly n: number;
  readonly type: string;
  /** RFC 3339, milliseconds. */
  readonly at: string;
  readonly guild_id: string;
  readonly channel_id: string | null;
  readonly message_id: string | null;
  /** MESSAGE_DELETE_BULK only. */
  readonly message_ids?: readonly string[];
  readonly user_id?: string;
  readonly emoji?: string;
  /** The text after this dispatch; creates and edits only. */
  readonly content?: string;
  /** The message fields that a MESSAGE_UPDATE changed. */
  readonly changed?: readonly string[];
  /** Why nobody received it: the channel was hidden, the guild out, or a `lose` fault ate it. */
  readonly withheld?: string;
}

/** The final state of a message: as REST shows it, or as it last was before it went. */
export type TruthMessage = APIMessage & { readonly guild_id: string; readonly deleted: boolean };

/** The simulator's own books: what it dispatched, in order, and what is true now. Faults never change them. */
export interface TruthLog {
  readonly record: (event: WorldEvent, withheld: string | undefined) => number;
  readonly markWithheld: (n: number, why: string) => void;
  readonly total: () => number;
  /** Dispatches numbered `after + 1` to `after + limit`, in order, without those long forgotten. */
  readonly dispatches: (after: number, limit: number) => TruthDispatch[];
}

interface Entry {
  readonly type: string;
  readonly atMs: number;
  readonly guildId: string;
  readonly channelId: string | null;
  readonly detail: TruthDetail;
}

/** Keeps the latest `maxEntries` dispatches, about 200 bytes each; texts are shared with the messages. */
export function createTruthLog(now: () => number, maxEntries: number): TruthLog {
  const entries: Entry[] = [];
  let forgotten = 0;
  const withheldBecause = new Map<number, string>();
  return {
    record: (event, withheld) => {
      const { type, guild, channel, detail } = event;
      entries.push({ type, atMs: now(), guildId: guild.id, channelId: channel?.id ?? null, detail });
      if (entries.length > maxEntries) forgotten += entries.splice(0, Math.ceil(maxEntries / 20)).length;
      const n = forgotten + entries.length;
      if (withheld !== undefined) withheldBecause.set(n, withheld);
      return n;
    },
    markWithheld: (n, why) => withheldBecause.set(n, why),
    total: () => forgotten + entries.length,
    dispatches: (after, limit) =>
      entries.slice(Math.max(0, after - forgotten), Math.max(0, after - forgotten + limit)).map((entry, index) => {
        const n = Math.max(after, forgotten) + index + 1;
        return dispatchOf(n, entry, withheldBecause.get(n));
      }),
  };
}

/** The final state of one message. */
export function truthMessage(world: World, message: Message): TruthMessage {
  return { ...messageObject(world, message), guild_id: message.channel.guild.id, deleted: message.deleted };
}

function dispatchOf(n: number, entry: Entry, withheld: string | undefined): TruthDispatch {
  const { messageId, messageIds, userId, emoji, content, changed } = entry.detail;
  return {
    n,
    type: entry.type,
    at: new Date(entry.atMs).toISOString(),
    guild_id: entry.guildId,
    channel_id: entry.channelId,
    message_id: messageId ?? null,
    ...(messageIds === undefined ? {} : { message_ids: messageIds }),
    ...(userId === undefined ? {} : { user_id: userId }),
    ...(emoji === undefined ? {} : { emoji }),
    ...(content === undefined ? {} : { content }),
    ...(changed === undefined ? {} : { changed }),
    ...(withheld === undefined ? {} : { withheld }),
  };
}
