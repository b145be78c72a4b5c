import type { Broker } from '@dms/broker';
import type { Change, EventLog, WriterStatus } from '@dms/event-log';
import type { LogEvent } from '@dms/protocol';
import type { Logger } from '@dms/runtime';
import { createDirectory, type Sighting } from './directory.ts';
import type { DiscordRefusedError } from './discord-refused-error.ts';
import { createDiscordSource, type RawDispatch } from './discord-source.ts';
import { isWatched, messageChanges, type Watched } from './message-change.ts';
import { isStored, type MissedStretch, missedStretches } from './missed-stretches.ts';
import { createProgress } from './progress.ts';
import { pruneEvents } from './prune-events.ts';
import { reconcile } from './reconcile.ts';
import { type JsonObject, sanitiseObject } from './sanitise.ts';
import { createSweeper } from './sweeper.ts';
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
}

export interface IngesterDeps {
  readonly log: EventLog;
  readonly broker: Broker;
  readonly settings: IngesterSettings;
  readonly logger: Logger;
  /** Discord will not have us, and trying again cannot help: end the process with the sentence. */
  readonly onRefused: (error: DiscordRefusedError) => void;
  /** After each commit, in order; for a terminal that shows what happens. Must not throw. */
  readonly onCommitted?: (events: readonly LogEvent[]) => void;
}

export interface Ingester {
  readonly counters: Readonly<WriterLoopCounters>;
  readonly isLeading: boolean;
  readonly queued: number;
  /** Disconnects Discord, commits what is queued (at most 10 s), gives the lease back. */
  stop(): Promise<void>;
}

/** Events after which messages or threads may be left that nobody else deletes. */
const LEAVES_ORPHANS: ReadonlySet<string> = new Set(['CHANNEL_DELETE', 'THREAD_DELETE', 'GUILD_DELETE']);

/** Discord in, log out. Stands by until it holds the lease; only the holder connects to Discord. */
export function createIngester({ log, broker, settings, logger, onRefused, onCommitted }: IngesterDeps): Ingester {
  const { watched } = settings;
  const stopping = new AbortController();
  const directory = createDirectory();
  const queue = createWriteQueue(settings.queueLimits);
  const progress = createProgress();
  /** Ends the fetching of missed messages; a new one per Discord session. */
  let reconciling = new AbortController();
  let hasMessageContent = true;
  let isOverflowed = false;

  const disconnect = (): Promise<void> => {
    reconciling.abort();
    return source.disconnect();
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

  const pushMessages = (type: string, data: JsonObject, origin: RawDispatch['origin'], stamp: () => number): boolean =>
    messageChanges(type, data, { directory, watched, hasMessageContent, origin, stamp }).every(push);

  /** A channel allow-list also says which guilds matter. */
  const isGuildWatched = (guildId: string): boolean => {
    if (watched.guildIds.size > 0 && !watched.guildIds.has(guildId)) return false;
    const { channelIds } = watched;
    return channelIds.size === 0 || [...channelIds].some((id) => directory.channel(id)?.guildId === guildId);
  };

  const isChannelWatched = (id: string): boolean => {
    const channel = directory.channel(id);
    return channel !== undefined && isWatched({ ...channel, channelId: id }, watched);
  };

  const learn = (type: string, data: JsonObject, sighting: Sighting, stretches: readonly MissedStretch[]): void => {
    for (const change of directory.learn(type, data, sighting)) {
      if (change.kind === 'guild' || change.kind === 'guild-left') {
        if (isGuildWatched(change.id)) push(change);
      } else if (change.kind === 'pins') {
        if (isChannelWatched(change.id)) push(change);
      } else if (isWatched({ ...change, channelId: change.id }, watched)) {
        const stretch = stretches.find(({ channelId }) => channelId === change.id);
        // Were we to die before the stretch is fetched, the next one has to start from the same place.
        const baselineMessageId = stretch?.afterId ?? change.baselineMessageId;
        progress.noteChannel(change.id, baselineMessageId);
        push({ ...change, baselineMessageId });
      }
    }
  };

  const onGuildCreate = (guild: JsonObject): void => {
    const moved = missedStretches(guild, progress);
    // What is new in a guild we know happened while we were away; a guild we do not know was there before us.
    const isNews = isStored(guild, progress);
    learn('GUILD_CREATE', guild, { origin: 'reconcile', stamp: log.stamp, isNews }, moved);
    const stretches = moved.filter(({ channelId, guildId }) => {
      const parentId = directory.channel(channelId)?.parentId ?? null;
      return isWatched({ channelId, guildId, parentId }, watched);
    });
    if (stretches.length === 0) return;
    const feed = (message: JsonObject, observedAt: number): boolean =>
      pushMessages('MESSAGE_CREATE', message, 'backfill', () => observedAt);
    const deps = { source, progress, feed, hasRoom: () => queue.hasRoom, stamp: log.stamp, logger };
    void reconcile(stretches, deps, reconciling.signal);
  };

  const onDispatch = ({ type, data, origin }: RawDispatch): void => {
    const clean = sanitiseObject(data);
    if (clean === null) return;
    if (type === 'GUILD_CREATE') onGuildCreate(clean);
    else learn(type, clean, { origin, stamp: log.stamp, isNews: true }, []);
    pushMessages(type, clean, origin, log.stamp);
  };

  const source = createDiscordSource({
    token: settings.token,
    apiUrl: settings.discordApiUrl,
    identifyIntervalMs: settings.identifyIntervalMs,
    logger,
    listener: {
      dispatch: onDispatch,
      freshSession(isContentGranted) {
        reconciling.abort();
        reconciling = new AbortController();
        hasMessageContent = isContentGranted;
        logger.info('discord session started', { messageContent: isContentGranted });
        if (!isContentGranted) {
          logger.warn(
            'message content intent is missing: switch it on in the developer portal, or messages stay empty',
          );
        }
      },
      refused: onRefused,
    },
  });

  const status = (): WriterStatus =>
    isOverflowed ? { discord: 'disconnected', detail: OVERFLOW_DETAIL } : source.state;

  const loop = createWriterLoop({
    log,
    broker,
    queue,
    holder: settings.holder,
    logger,
    status,
    onCommitted(events) {
      if (events.some(({ type }) => LEAVES_ORPHANS.has(type))) sweeper.wake();
      for (const { type, channelId, messageId } of events) {
        if (type === 'MESSAGE_CREATE' && channelId !== null && messageId !== null)
          progress.noteMessage(channelId, messageId);
      }
      if (isOverflowed && queue.size === 0 && !stopping.signal.aborted) {
        isOverflowed = false;
        source.connect();
      }
      onCommitted?.(events);
    },
    async onLead() {
      // Read before connecting: what Discord tells us afterwards is compared with it.
      progress.load(await log.channelProgress());
      isOverflowed = false;
      source.connect();
    },
    onStepDown: disconnect,
  });

  const sweeper = createSweeper({
    log,
    feed: push,
    hasRoom: () => queue.hasRoom,
    leftGuildGraceMs: settings.leftGuildGraceMs,
    isLeading: () => loop.isLeading,
    logger,
  });
  const prune = { log, retentionHours: settings.eventRetentionHours, isLeading: () => loop.isLeading, logger };
  const running = Promise.all([
    loop.run(stopping.signal, DRAIN_MS),
    pruneEvents(prune, stopping.signal),
    sweeper.run(stopping.signal),
  ]);

  return {
    counters: loop.counters,
    get isLeading() {
      return loop.isLeading;
    },
    get queued() {
      return queue.size;
    },
    async stop() {
      stopping.abort();
      await Promise.all([disconnect(), running]);
    },
  };
}
