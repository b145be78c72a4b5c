import type { Broker } from '@dms/broker';
import type { Change, DiscordSession, EventLog, WriterStatus } from '@dms/event-log';
import type { LogEvent } from '@dms/protocol';
import type { Logger, Metrics, Readiness } from '@dms/runtime';
import { type Backfill, createBackfill } from './backfill.ts';
import type { BackfillProgress } from './backfill-progress.ts';
import { createDirectory } from './directory.ts';
import { createDiscordListener, type DiscordListener } from './discord-listener.ts';
import type { DiscordRefusedError } from './discord-refused-error.ts';
import { createDiscordSource, type DiscordPace, sessionOwner } from './discord-source.ts';
import { createEraser } from './eraser.ts';
import { createGapKeeper } from './gap-keeper.ts';
import { createGuildPresence } from './guild-presence.ts';
import { createHopTimes } from './hop-times.ts';
import { addIngesterHops, addIngesterMetrics } from './ingester-metrics.ts';
import { type IngesterView, ingesterReadiness } from './ingester-readiness.ts';
import { createIntake } from './intake.ts';
import { watchLease } from './lease-watch.ts';
import type { Watched } from './message-change.ts';
import { createProgress } from './progress.ts';
import { pruneEvents } from './prune-events.ts';
import { createReadPace } from './read-pace.ts';
import { restoreDirectory } from './restore-directory.ts';
import { createIsTooOld, createRetention } from './retention.ts';
import { createSweeper, LEAVES_ORPHANS } from './sweeper.ts';
import { whileLeading } from './while-leading.ts';
import { createWriteQueue, type WriteQueueLimits } from './write-queue.ts';
import { createWriterLoop, type WriterLoopCounters } from './writer-loop.ts';

const DRAIN_MS = 10_000;
/** Deletes of many messages wait while more is queued: at most one commit is ahead of a live dispatch. */
const ROOM_BESIDE_CHANGES = 500;
const OVERFLOW_DETAIL = 'the write queue overflowed; reconnecting when it is written';

export interface IngesterSettings extends DiscordPace {
  readonly token: string;
  /** Without the version: `https://discord.com/api`. */
  readonly discordApiUrl: string;
  readonly watched: Watched;
  /** Unique per process; shown to operators as the lease's holder. */
  readonly holder: string;
  readonly eventRetentionHours: number;
  /** By the age of their ids; 0 = for ever. */
  readonly messageRetentionDays: number;
  /** How often messages beyond the retention are looked for; default a minute. */
  readonly messageRetentionIntervalMs?: number;
  /** Default: 50,000 changes, 64 MiB. */
  readonly queueLimits?: WriteQueueLimits;
  /** How long a guild must have been left before its messages are deleted; default 24 hours. */
  readonly leftGuildGraceMs?: number;
  /** Stored messages of each channel that are compared with Discord's after a gap, for edits and deletes; 0 = none. */
  readonly reconcileMessages: number;
  /** Days of older history to import; 0 = none, infinite = all. */
  readonly backfillDays: number;
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
  /** When the import of older history begins, every 5 s while it runs, and at its end. Must not throw. */
  readonly onBackfill?: (progress: BackfillProgress) => void;
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
  /** Ends what is done beside listening; a new one per connection. */
  let working = new AbortController();
  /** Ends the sweep; a new one per leadership. */
  let leadership = new AbortController();
  let isOverflowed = false;

  const disconnect = (): Promise<void> => {
    working.abort();
    pace.release();
    return source.disconnect();
  };
  const work = {
    get signal() {
      return working.signal;
    },
    start() {
      working.abort();
      working = new AbortController();
      gaps.work(working.signal);
      backfill.work(working.signal);
    },
  };

  const push = (change: Change): boolean => {
    // After the first change that found no room nothing may follow: a later one would hide the hole before it.
    if (isOverflowed) return false;
    if (queue.push(change)) {
      pace.queued();
      backfill.observe(change);
      if (change.kind === 'channel') gaps.observe(change);
      return true;
    }
    isOverflowed = true;
    logger.error('write queue is full, leaving discord until it is written', { queued: queue.size });
    void disconnect();
    return false;
  };

  const intakeDeps = {
    ...{ directory, progress, watched, stamp: log.stamp },
    hasMessageContent: () => listener.hasMessageContent,
    isTooOld: createIsTooOld(log, settings.messageRetentionDays),
  };
  const intake = createIntake({ ...intakeDeps, push });
  /** The same door, behind everything that is live. */
  const intakeBehind = createIntake({ ...intakeDeps, push: queue.pushBehind });
  const presence = createGuildPresence(intake.isGuildWatched);
  const source = createDiscordSource({
    token: settings.token,
    apiUrl: settings.discordApiUrl,
    identifyIntervalMs: settings.identifyIntervalMs,
    resumeTimeoutMs: settings.resumeTimeoutMs,
    untilLeading: lease.untilHeld,
    budget: { read: () => log.identifyUse(owner.bot), spend: () => log.spendIdentify(owner.bot) },
    logger,
    listener: {
      dispatch: (dispatch) => listener.dispatch(dispatch),
      freshSession: (session) => listener.freshSession(session),
      resumed: () => listener.resumed(),
      refused: onRefused,
    },
  });

  const pace = createReadPace(queue, source.socket);
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
    // Learned by asking, and news all the same.
    learnThread: (thread, observedAt) => intake.learnThread(thread, { origin: 'reconcile', observedAt, isNews: true }),
    learnDeleted: intake.learnDeleted,
    lookBackMessages: settings.reconcileMessages,
    logger,
  });

  const backfill: Backfill = createBackfill({
    ...{ history: source, stamp: log.stamp, days: settings.backfillDays, logger, onProgress: deps.onBackfill },
    feed: (message, { origin, observedAt }) =>
      intakeBehind.feed('MESSAGE_CREATE', message, { origin, stamp: () => observedAt }),
    advance: queue.pushBehind,
    // It was there before us.
    learnThread: (thread, observedAt) => intake.learnThread(thread, { origin: 'backfill', observedAt, isNews: false }),
    drop: queue.dropBehind,
    hasRoom: () => queue.hasRoomBehind && !gaps.isBusy && !isOverflowed,
    isWatched: intake.isChannelWatched,
  });

  const listener: DiscordListener = createDiscordListener({
    ...{ owner, log, directory, progress, intake, presence, gaps, push, work, logger },
    mark: (session) => queue.mark(session),
    isOverflowed: () => isOverflowed,
    sweep: () => sweeper.wake(),
  });

  /** Whoever wrote before us, what is stored is where we go on. */
  const takeOver = async (hasLostCommits: boolean): Promise<void> => {
    working.abort();
    leadership = new AbortController();
    presence.forget();
    const [stored, guilds, channels] = await Promise.all([log.discordSession(owner), log.guilds(), log.everyChannel()]);
    restoreDirectory(directory, guilds, channels);
    progress.load(await log.channelProgress());
    gaps.load(await log.openGaps(), await log.openCatchUps(), channels);
    backfill.load(await log.backfillTargets(), await log.backfills(), log.stamp() / 1_000);
    isOverflowed = false;
    const session = hasLostCommits ? null : stored;
    listener.begin({
      reason: hasLostCommits ? 'commits_lost' : session === null ? 'no_session' : 'session_lost',
      listenedMs: await log.lastListenedMs(owner.bot),
      hasMessageContent: session?.hasMessageContent ?? true,
    });
    source.connect(session);
  };
  const status = (): WriterStatus => {
    if (isOverflowed) return { discord: 'disconnected', detail: OVERFLOW_DETAIL };
    if (source.state.discord === 'connected') listener.noteListening(log.stamp() / 1_000);
    return source.state;
  };

  const loop = createWriterLoop({
    ...{ log: lease, broker, queue, logger, status },
    hops: createHopTimes({ observe: addIngesterHops(metrics), stamp: log.stamp }),
    holder: settings.holder,
    onCommitted(events) {
      pace.committed();
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

  const leading = (): AbortSignal | null => (loop.isLeading && !leadership.signal.aborted ? leadership.signal : null);
  const sweeper = createSweeper({
    log,
    feed: push,
    hasRoom: () => queue.hasRoom,
    leftGuildGraceMs: settings.leftGuildGraceMs,
    mayPurgeGuild: (guildId) => source.state.discord === 'connected' && presence.isAbsent(guildId),
    leadership: leading,
    logger,
  });
  const beside = { leadership: leading, feed: push, hasRoom: () => queue.size < ROOM_BESIDE_CHANGES, logger };
  const { messageRetentionDays: days, messageRetentionIntervalMs: intervalMs } = settings;
  const retention = createRetention({ log, days, intervalMs });
  const prune = { log, retentionHours: settings.eventRetentionHours, isLeading: () => loop.isLeading, logger };
  const running = Promise.all([
    loop.run(stopping.signal, DRAIN_MS),
    pruneEvents(prune, stopping.signal),
    sweeper.run(stopping.signal),
    whileLeading(createEraser({ log, logger }), beside, stopping.signal),
    retention === null ? null : whileLeading(retention, beside, stopping.signal),
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
  addIngesterMetrics(metrics, view, backfill, gaps);

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
