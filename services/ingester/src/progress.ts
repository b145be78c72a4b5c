import type { ChannelProgress } from '@dms/event-log';
import { compareSnowflakes } from '@dms/protocol';

/** How far each channel is stored without a hole: what Discord's `last_message_id` is compared with. */
export interface Progress {
  /** Replaces what is known by what is stored; nothing is begun afterwards. */
  load(stored: readonly ChannelProgress[]): void;
  /** The newest message before which nothing is missing; null = nothing yet, undefined = never heard of the channel. */
  cursor(channelId: string): string | null | undefined;
  /** The newest message that is stored or queued, whatever is missing before it. */
  newest(channelId: string): string | null;
  /** Notes a channel at its first sighting; what came before `baselineId` is not missed. */
  noteChannel(channelId: string, baselineId: string | null): void;
  /** It is going to be stored. */
  noteQueued(channelId: string, messageId: string): void;
  /** It is stored. */
  noteMessage(channelId: string, messageId: string): void;
  /** Until `finish`, live messages of the channel leave its cursor where it is: there is a hole behind them. */
  begin(channelId: string, afterId: string): void;
  finish(channelId: string): void;
}

export function createProgress(): Progress {
  const newest = new Map<string, string | null>();
  const queued = new Map<string, string>();
  const unfinished = new Map<string, string>();
  const latest = (a: string | null, b: string | null): string | null =>
    compareSnowflakes(a ?? '0', b ?? '0') > 0 ? a : b;
  return {
    load(stored) {
      newest.clear();
      queued.clear();
      unfinished.clear();
      for (const { channelId, lastMessageId } of stored) newest.set(channelId, lastMessageId);
    },
    newest: (channelId) => latest(queued.get(channelId) ?? null, newest.get(channelId) ?? null),
    cursor: (channelId) => unfinished.get(channelId) ?? newest.get(channelId),
    noteChannel(channelId, baselineId) {
      if (!newest.has(channelId)) newest.set(channelId, baselineId);
    },
    noteQueued(channelId, messageId) {
      if (compareSnowflakes(messageId, queued.get(channelId) ?? '0') > 0) queued.set(channelId, messageId);
    },
    noteMessage(channelId, messageId) {
      if (compareSnowflakes(messageId, newest.get(channelId) ?? '0') > 0) newest.set(channelId, messageId);
    },
    begin(channelId, afterId) {
      unfinished.set(channelId, afterId);
    },
    finish(channelId) {
      unfinished.delete(channelId);
    },
  };
}
