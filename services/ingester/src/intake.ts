import type { Change } from '@dms/event-log';
import type { Origin } from '@dms/protocol';
import type { Directory, Sighting } from './directory.ts';
import { isWatched, messageChanges, type Watched } from './message-change.ts';
import type { MissedStretch } from './missed-stretches.ts';
import type { Progress } from './progress.ts';
import type { JsonObject } from './sanitise.ts';

export interface IntakeDeps {
  readonly directory: Directory;
  readonly progress: Progress;
  readonly watched: Watched;
  readonly hasMessageContent: () => boolean;
  /** Whether a message is beyond the retention: it is left out. */
  readonly isTooOld: (messageId: string) => boolean;
  /** See `EventLog.stamp()`. */
  readonly stamp: () => number;
  /** False: nothing more is taken. */
  readonly push: (change: Change) => boolean;
}

/** Turns what Discord says into changes and queues those the allow-lists let through. */
export interface Intake {
  isGuildWatched(guildId: string): boolean;
  /** A thread that was never heard of counts as outside every allow-list of channels. */
  isChannelWatched(channelId: string, guildId: string): boolean;
  /** `missed`: where the fetching of each channel begins, so that its first sighting does not hide it. */
  learn(type: string, data: JsonObject, sighting: Sighting, missed?: readonly MissedStretch[]): void;
  /** An archived thread that Discord listed when asked at `observedAt`: what was dispatched since is newer. */
  learnThread(
    thread: JsonObject,
    listed: { readonly origin: Origin; readonly observedAt: number; readonly isNews: boolean },
  ): void;
  /** Discord, asked, does not know the channel or thread any more. */
  learnDeleted(channelId: string, guildId: string): void;
  /** False: nothing more is taken. */
  feed(type: string, data: JsonObject, observed: { readonly origin: Origin; readonly stamp: () => number }): boolean;
}

export function createIntake(deps: IntakeDeps): Intake {
  const { directory, progress, watched, hasMessageContent, isTooOld, stamp, push } = deps;
  const isChannelWatched = (channelId: string, guildId: string): boolean =>
    isWatched({ channelId, guildId, parentId: directory.channel(channelId)?.parentId ?? null }, watched);

  const isGuildWatched = (guildId: string): boolean => {
    if (watched.guildIds.size > 0 && !watched.guildIds.has(guildId)) return false;
    // A channel allow-list also says which guilds matter.
    const { channelIds } = watched;
    return channelIds.size === 0 || [...channelIds].some((id) => directory.channel(id)?.guildId === guildId);
  };

  const learn: Intake['learn'] = (type, data, sighting, missed = []) => {
    for (const change of directory.learn(type, data, sighting)) {
      if (change.kind === 'guild' || change.kind === 'guild-left') {
        if (isGuildWatched(change.id)) push(change);
      } else if (change.kind === 'pins') {
        const guildId = directory.channel(change.id)?.guildId;
        if (guildId !== undefined && isChannelWatched(change.id, guildId)) push(change);
      } else if (isWatched({ ...change, channelId: change.id }, watched)) {
        const stretch = missed.find(({ channelId }) => channelId === change.id);
        // Were we to die before the stretch is fetched, the next one has to start from the same place.
        const baselineMessageId = stretch?.afterId ?? change.baselineMessageId;
        progress.noteChannel(change.id, baselineMessageId);
        push({ ...change, baselineMessageId });
      }
    }
  };

  return {
    isGuildWatched,
    isChannelWatched,
    learn,
    learnThread(thread, { origin, observedAt, isNews }) {
      // Each of its changes has a stamp of its own, in order.
      let next = observedAt;
      learn('THREAD_UPDATE', thread, { origin, stamp: () => next++, isNews });
    },
    learnDeleted(id, guildId) {
      const { type = null, parentId = null } = directory.channel(id) ?? {};
      const channel = { id, guild_id: guildId, parent_id: parentId, type };
      learn('CHANNEL_DELETE', channel, { origin: 'reconcile', stamp, isNews: true });
    },
    feed(type, data, { origin, stamp }) {
      const context = { directory, watched, hasMessageContent: hasMessageContent(), origin, stamp };
      return messageChanges(type, data, context).every((change) => {
        if (change.kind === 'message' && isTooOld(change.id)) return true;
        if (change.kind === 'message') progress.noteQueued(change.channelId, change.id);
        return push(change);
      });
    },
  };
}
