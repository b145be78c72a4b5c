import type { Change, DiscordSession, EventLog, SessionOwner } from '@dms/event-log';
import type { Origin } from '@dms/protocol';
import type { Logger } from '@dms/runtime';
import type { Directory, Sighting } from './directory.ts';
import type { FreshSession, RawDispatch, SessionListener } from './discord-session.ts';
import type { GapKeeper, GapReason } from './gap-keeper.ts';
import type { GuildPresence } from './guild-presence.ts';
import type { Intake } from './intake.ts';
import { findLeftMeanwhile } from './left-meanwhile.ts';
import { isStored, type MissedStretch } from './missed-stretches.ts';
import type { Progress } from './progress.ts';
import { idAt, type JsonObject, sanitiseObject } from './sanitise.ts';

export interface DiscordListenerDeps {
  readonly owner: SessionOwner;
  readonly log: Pick<EventLog, 'guilds' | 'isOnlyBot' | 'stamp'>;
  readonly directory: Directory;
  readonly progress: Progress;
  readonly intake: Intake;
  readonly presence: GuildPresence;
  readonly gaps: GapKeeper;
  /** False: nothing more is taken. */
  readonly push: (change: Change) => boolean;
  /** Discord's session stands here once all that was pushed before is stored. */
  readonly mark: (session: DiscordSession) => void;
  /** True from the first change that found no room until all before it is written. */
  readonly isOverflowed: () => boolean;
  /** What is done beside listening, such as closing gaps, until the connection ends. Starting it ends what ran before. */
  readonly work: { readonly signal: AbortSignal; start(): void };
  /** Something may have been deleted of which Discord does not tell. */
  readonly sweep: () => void;
  readonly logger: Logger;
}

/** Where a connection begins. */
export interface Beginning {
  /** Why a fresh session would be one. */
  readonly reason: GapReason;
  /** When Discord was last listened to, milliseconds since the Unix epoch by the database's clock; null = never. */
  readonly listenedMs: number | null;
  readonly hasMessageContent: boolean;
}

/** What is made of what Discord says: dispatches become changes, and what a fresh session missed becomes gaps. */
export interface DiscordListener extends SessionListener {
  /** Whether Discord shows what messages say. */
  readonly hasMessageContent: boolean;
  /** Before each connection of a new leadership. */
  begin(beginning: Beginning): void;
  /** Discord is being listened to, at `nowMs` of the database's clock. */
  noteListening(nowMs: number): void;
}

export function createDiscordListener(deps: DiscordListenerDeps): DiscordListener {
  const { log, directory, progress, intake, presence, gaps, logger } = deps;
  let { reason, listenedMs, hasMessageContent }: Beginning = {
    ...{ reason: 'no_session', listenedMs: null, hasMessageContent: true },
  };
  let isContentReported = false;

  const live = (origin: Origin): Sighting => ({ origin, stamp: log.stamp, isNews: true });

  /** A guild that was never stored has nothing to miss. */
  const openGaps = (guildIds: readonly string[], why: GapReason, sinceMs: number | null): void =>
    gaps.open(
      guildIds.filter((id) => directory.guild(id) !== undefined && intake.isGuildWatched(id)),
      why,
      sinceMs,
    );

  const findLeft = (): Promise<void> => {
    const { isGuildWatched: isWatched } = intake;
    const { isAbsent } = presence;
    const { abandon } = gaps;
    return findLeftMeanwhile({ ...deps, bot: deps.owner.bot, isWatched, isAbsent, abandon }, deps.work.signal);
  };

  const onGuildCreate = (guild: JsonObject): void => {
    // What is new in a guild we know happened while we were away; a guild we do not know was there before us.
    const sighting: Sighting = { origin: 'reconcile', stamp: log.stamp, isNews: isStored(guild, progress) };
    gaps.plan(guild, (missed) => intake.learn('GUILD_CREATE', guild, sighting, missed));
  };

  const handle = (type: string, data: JsonObject, origin: Origin): void => {
    presence.learn(type, data);
    const learn = (missed: readonly MissedStretch[] = []): void => intake.learn(type, data, live(origin), missed);
    if (type === 'GUILD_CREATE') onGuildCreate(data);
    else if (type === 'THREAD_CREATE' || type === 'THREAD_UPDATE') gaps.reopened(data, learn);
    else learn();
    const guildId = type === 'GUILD_DELETE' ? idAt(data, 'id') : null;
    if (guildId !== null && data.unavailable !== true) gaps.abandon(guildId);
    else if (guildId !== null) openGaps([guildId], 'guild_outage', log.stamp() / 1_000);
    intake.feed(type, data, live(origin));
  };

  return {
    get hasMessageContent() {
      return hasMessageContent;
    },
    begin(beginning) {
      ({ reason, listenedMs, hasMessageContent } = beginning);
    },
    noteListening(nowMs) {
      listenedMs = nowMs;
    },
    dispatch({ type, data, origin, point }: RawDispatch) {
      try {
        const clean = sanitiseObject(data);
        if (clean !== null) handle(type, clean, origin);
      } finally {
        // Also what could not be handled: dispatched again, it could not be either. Not what found no room.
        if (!deps.isOverflowed()) {
          const { sessionId, resumeUrl, sequence } = point;
          const { bot, fingerprint } = deps.owner;
          deps.mark({ bot, fingerprint, sessionId, resumeUrl, sequence, hasMessageContent });
        }
      }
    },
    freshSession({ hasMessageContent: isContentGranted, guildIds }: FreshSession) {
      hasMessageContent = isContentGranted;
      logger.info('discord session started', { messageContent: isContentGranted });
      if (!isContentGranted && !isContentReported) {
        logger.warn('message content intent is missing: switch it on in the developer portal, or messages stay empty');
      }
      isContentReported = !isContentGranted;
      openGaps(guildIds, reason, listenedMs);
      reason = 'session_lost';
      deps.work.start();
      presence.ready(guildIds);
      void findLeft();
      deps.sweep();
    },
    resumed() {
      logger.info('discord session resumed');
      // Within a connection it never stopped.
      if (deps.work.signal.aborted) deps.work.start();
      presence.resumed();
      deps.sweep();
    },
  };
}
