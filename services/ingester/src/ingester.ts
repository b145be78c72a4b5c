import type { Broker } from '@dms/broker';
import type { Change, DiscordSession, EventLog, WriterStatus } from '@dms/event-log';
import type { LogEvent, Origin } from '@dms/protocol';
import type { Logger, Metrics, Readiness } from '@dms/runtime';
import { findDeletedMeanwhile } from './deleted-meanwhile.ts';
import { createDirectory, type Sighting } from './directory.ts';
import type { DiscordRefusedError } from './discord-refused-error.ts';
import type { FreshSession, RawDispatch } from './discord-session.ts';
import { createDiscordSource, sessionOwner } from './discord-source.ts';
import { createGapKeeper, type GapReason } from './gap-keeper.ts';
import { createGuildPresence } from './guild-presence.ts';
import { addIngesterMetrics } from './ingester-metrics.ts';
import { type IngesterView, ingesterReadiness } from './ingester-readiness.ts';
import { createIntake } from './intake.ts';
import { watchLease } from './lease-watch.ts';
import type { Watched } from './message-change.ts';
import { isStored } from './missed-stretches.ts';
import { createProgress } from './progress.ts';
import { pruneEvents } from './prune-events.ts';
import { restoreDirectory } from './restore-directory.ts';
import { idAt, type JsonObject, sanitiseObject } from './sanitise.ts';
import { createSweeper, LEAVES_ORPHANS } from './sweeper.ts';
import { createWriteQueue, type WriteQueueLimits } from './write-queue.ts';
import { createWriterLoop, type WriterLoopCounters } from './writer-loop.ts';

const DRAIN_MS = 10_000;
const OVERFLOW_DETAIL = 'the write queue overflowed; reconnecting when it is written';

export interface IngesterSettings {
  readonly token: string;
  /** Without the version: `https://discord.com/api`. */
  readonly discordApiUrl: string;
  readonly watched: Watched;
  /** Unique per process; shown to operators as the lease's holder. */
  readonly holder: string;
  readonly eventRetentionHours: number;
  /** Default: 50,000 changes, 64 MiB. */
  readonly queueLimits?: WriteQueueLimits;
  /** How long a guild must have been left before its messages are deleted; default 24 hours. */
  readonly leftGuildGraceMs?: number;
  /** Least time between two IDENTIFYs; default 5,000, which Discord demands. */
  readonly identifyIntervalMs?: number;
  /** Stored messages of each channel that are compared with Discord's after a gap, for edits and deletes; 0 = none. */
  readonly reconcileMessages: number;
}

export interface IngesterDeps {
  readonly log: EventLog;
  readonly broker: Broker;
  readonly settings: IngesterSettings;
  readonly logger: Logger;
  /** Where the ingester's numbers are defined. */
  readonly metrics: Metrics;
  /** Discord will not have us, and trying again cannot help: end the process with the sentence. */
  readonly onRefused: (error: DiscordRefusedError) => void;
  /** After each commit, in order; for a terminal that shows what happens. Must not throw. */
  readonly onCommitted?: (events: readonly LogEvent[]) => void;
}

export interface Ingester {
  readonly counters: Readonly<WriterLoopCounters>;
  readonly isLeading: boolean;
  readonly queued: number;
  /** `down` only when the loop that holds the lease or asks for it hangs: outages elsewhere are `degraded`, and standing by is `ok`. */
  readiness(): Readiness;
  /** Disconnects Discord, commits what is queued (at most 10 s), gives the lease back. */
  stop(): Promise<void>;
}

/** Discord in, log out. Stands by until it holds the lease; only the holder connects to Discord. */
export function createIngester(deps: IngesterDeps): Ingester {
  const { log, broker, settings, logger, metrics, onRefused, onCommitted } = deps;
  const { watched } = settings;
  const stopping = new AbortController();
  const directory = createDirectory();
  const queue = createWriteQueue(settings.queueLimits);
  const progress = createProgress();
  const lease = watchLease(log);
  const owner = sessionOwner(settings.token, settings.discordApiUrl, watched);
  /** Ends the work on gaps; a new one per connection. */
  let catchingUp = new AbortController();
  /** Ends the sweep; a new one per leadership. */
  let leadership = new AbortController();
  let hasMessageContent = true;
  let isContentReported = false;
  let isOverflowed = false;
  /** Why the next fresh session is one. */
  let reason: GapReason = 'no_session';
  /** When Discord was last listened to, milliseconds since the Unix epoch by the database's clock; null = never. */
  let listenedMs: number | null = null;

  const nowMs = (): number => log.stamp() / 1_000;
  const disconnect = (): Promise<void> => {
    catchingUp.abort();
    return source.disconnect();
  };
  const catchUp = (): void => {
    catchingUp.abort();
    catchingUp = new AbortController();
    gaps.work(catchingUp.signal);
  };

  const push = (change: Change): boolean => {
    // After the first change that found no room nothing may follow: a later one would hide the hole before it.
    if (isOverflowed) return false;
    if (queue.push(change)) return true;
    isOverflowed = true;
    logger.error('write queue is full, leaving discord until it is written', { queued: queue.size });
    void disconnect();
    return false;
  };

  const intake = createIntake({ directory, progress, watched, hasMessageContent: () => hasMessageContent, push });
  const presence = createGuildPresence(intake.isGuildWatched);
  const live = (origin: Origin): Sighting => ({ origin, stamp: log.stamp, isNews: true });
  /** Learned by asking, and news all the same. */
  const found = live('reconcile');

  const onGuildCreate = (guild: JsonObject): void => {
    // What is new in a guild we know happened while we were away; a guild we do not know was there before us.
    const sighting: Sighting = { origin: 'reconcile', stamp: log.stamp, isNews: isStored(guild, progress) };
    gaps.plan(guild, (missed) => intake.learn('GUILD_CREATE', guild, sighting, missed));
    if (sighting.isNews) void findDeletedMeanwhile(guild, { log, history: source, push, logger }, catchingUp.signal);
  };

  const handle = (type: string, data: JsonObject, origin: Origin): void => {
    presence.learn(type, data);
    if (type === 'GUILD_CREATE') onGuildCreate(data);
    else intake.learn(type, data, live(origin));
    const guildId = type === 'GUILD_DELETE' ? idAt(data, 'id') : null;
    if (guildId !== null && data.unavailable !== true) gaps.abandon(guildId);
    else if (guildId !== null) openGaps([guildId], 'guild_outage', nowMs());
    intake.feed(type, data, live(origin));
  };

  const onDispatch = ({ type, data, origin, point }: RawDispatch): void => {
    try {
      const clean = sanitiseObject(data);
      if (clean !== null) handle(type, clean, origin);
    } finally {
      // Also what could not be handled: dispatched again, it could not be either. Not what found no room.
      if (!isOverflowed) queue.mark({ ...owner, ...point, hasMessageContent });
    }
  };

  /** A guild that was never stored has nothing to miss. */
  const openGaps = (guildIds: readonly string[], why: GapReason, sinceMs: number | null): void =>
    gaps.open(
      guildIds.filter((id) => directory.guild(id) !== undefined && intake.isGuildWatched(id)),
      why,
      sinceMs,
    );

  const onFreshSession = ({ hasMessageContent: isContentGranted, guildIds }: FreshSession): void => {
    hasMessageContent = isContentGranted;
    logger.info('discord session started', { messageContent: isContentGranted });
    if (!isContentGranted && !isContentReported) {
      logger.warn('message content intent is missing: switch it on in the developer portal, or messages stay empty');
    }
    isContentReported = !isContentGranted;
    openGaps(guildIds, reason, listenedMs);
    reason = 'session_lost';
    catchUp();
    presence.ready(guildIds);
    sweeper.wake();
  };

  const source = createDiscordSource({
    token: settings.token,
    apiUrl: settings.discordApiUrl,
    identifyIntervalMs: settings.identifyIntervalMs,
    untilLeading: lease.untilHeld,
    budget: { read: () => log.identifyUse(owner.bot), spend: () => log.spendIdentify(owner.bot) },
    logger,
    listener: {
      dispatch: onDispatch,
      freshSession: onFreshSession,
      resumed() {
        logger.info('discord session resumed');
        // Within a connection it never stopped.
        if (catchingUp.signal.aborted) catchUp();
        presence.resumed();
        sweeper.wake();
      },
      refused: onRefused,
    },
  });
  const take = (isTaken: boolean): void => {
    if (!isTaken) throw new Error('nothing more is taken');
  };
  const gaps = createGapKeeper({
    history: source,
    log,
    progress,
    push,
    feed: (type, data, { origin, observedAt }) => take(intake.feed(type, data, { origin, stamp: () => observedAt })),
    hasRoom: () => queue.hasRoom,
    typeOf: (id) => directory.channel(id)?.type,
    isWatched: intake.isChannelWatched,
    learnThread: (thread) => intake.learn('THREAD_UPDATE', thread, found),
    lookBackMessages: settings.reconcileMessages,
    logger,
  });

  /** Whoever wrote before us, what is stored is where we go on. */
  const takeOver = async (hasLostCommits: boolean): Promise<void> => {
    catchingUp.abort();
    leadership = new AbortController();
    presence.forget();
    const [stored, guilds, channels] = await Promise.all([log.discordSession(owner), log.guilds(), log.everyChannel()]);
    restoreDirectory(directory, guilds, channels);
    progress.load(await log.channelProgress());
    gaps.load(await log.openGaps(), await log.openCatchUps());
    listenedMs = await log.lastListenedMs(owner.bot);
    isOverflowed = false;
    const session = hasLostCommits ? null : stored;
    reason = hasLostCommits ? 'commits_lost' : session === null ? 'no_session' : 'session_lost';
    hasMessageContent = session?.hasMessageContent ?? true;
    source.connect(session);
  };
  const status = (): WriterStatus => {
    if (isOverflowed) return { discord: 'disconnected', detail: OVERFLOW_DETAIL };
    if (source.state.discord === 'connected') listenedMs = nowMs();
    return source.state;
  };

  const loop = createWriterLoop({
    log: lease,
    broker,
    queue,
    holder: settings.holder,
    logger,
    status,
    onCommitted(events) {
      presence.stored(events);
      if (events.some(({ type }) => LEAVES_ORPHANS.has(type))) sweeper.wake();
      for (const { type, channelId, messageId } of events) {
        if (type === 'MESSAGE_CREATE' && channelId !== null && messageId !== null)
          progress.noteMessage(channelId, messageId);
      }
      if (isOverflowed && queue.size === 0 && !stopping.signal.aborted) {
        isOverflowed = false;
        // Nothing that found no room was acknowledged: Discord dispatches it again.
        source.connect(queue.settled);
      }
      onCommitted?.(events);
    },
    onStored(session: DiscordSession) {
      source.acknowledge(session);
    },
    onLead: takeOver,
    onStepDown() {
      leadership.abort();
      return disconnect();
    },
  });

  const sweeper = createSweeper({
    log,
    feed: push,
    hasRoom: () => queue.hasRoom,
    leftGuildGraceMs: settings.leftGuildGraceMs,
    mayPurgeGuild: (guildId) => source.state.discord === 'connected' && presence.isAbsent(guildId),
    leadership: () => (loop.isLeading && !leadership.signal.aborted ? leadership.signal : null),
    logger,
  });
  const prune = { log, retentionHours: settings.eventRetentionHours, isLeading: () => loop.isLeading, logger };
  const running = Promise.all([
    loop.run(stopping.signal, DRAIN_MS),
    pruneEvents(prune, stopping.signal),
    sweeper.run(stopping.signal),
  ]);

  const view: IngesterView = {
    loop,
    queue,
    get discord() {
      return status();
    },
    get redis() {
      return broker.status().status;
    },
  };
  addIngesterMetrics(metrics, view);

  return {
    counters: loop.counters,
    get isLeading() {
      return loop.isLeading;
    },
    get queued() {
      return queue.size;
    },
    readiness: () => ingesterReadiness(view, performance.now()),
    async stop() {
      stopping.abort();
      await Promise.all([disconnect(), running]);
    },
  };
}
