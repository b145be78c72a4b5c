import type { ChannelProgress } from '@dms/event-log';
import { compareSnowflakes } from '@dms/protocol';

/** How far each channel is stored without a hole: what Discord's `last_message_id` is compared with. */
export interface Progress {
  /** Replaces what is known by what is stored; stretches that were begun and not finished keep their beginning. */
  load(stored: readonly ChannelProgress[]): void;
  /** The newest message before which nothing is missing; null = nothing yet, undefined = never heard of the channel. */
  cursor(channelId: string): string | null | undefined;
  /** Notes a channel at its first sighting; what came before `baselineId` is not missed. */
  noteChannel(channelId: string, baselineId: string | null): void;
  noteMessage(channelId: string, messageId: string): void;
  /** Until `finish`, live messages of the channel leave its cursor where it is: there is a hole behind them. */
  begin(channelId: string, afterId: string): void;
  finish(channelId: string): void;
}

export function createProgress(): Progress {
  const newest = new Map<string, string | null>();
  const unfinished = new Map<string, string>();
  return {
    load(stored) {
      newest.clear();
      for (const { channelId, lastMessageId } of stored) newest.set(channelId, lastMessageId);
    },
    cursor: (channelId) => unfinished.get(channelId) ?? newest.get(channelId),
    noteChannel(channelId, baselineId) {
      if (!newest.has(channelId)) newest.set(channelId, baselineId);
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
