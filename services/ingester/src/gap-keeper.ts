import type { CatchUpChange, Change, ChannelChange, DirectoryChannel, GapChange, OpenGap } from '@dms/event-log';
import { type CatchUpDeps, fetchMissed, HistoryRefusedError, lookBack } from './catch-up.ts';
import { persistently } from './fetch-history.ts';
import { findArchivedThreads, mayHaveThreads } from './find-threads.ts';
import { askFor, isFetching, isOver, planGap, planListed, planReopened, sinceOf, unnamedIn } from './gap-plan.ts';
import { createKnownChannels } from './known-channels.ts';
import { type MissedStretch, missedStretches } from './missed-stretches.ts';
import type { Progress } from './progress.ts';
import { idAt, type JsonObject } from './sanitise.ts';
import { reached } from './steps.ts';

const CONCURRENT_CHANNELS = 4;

/** Why dispatches were missed: the session ended, there was none to continue, the database lost what was received, or Discord
 *  itself had an outage. */
export type GapReason = 'session_lost' | 'no_session' | 'commits_lost' | 'guild_outage';

export interface GapKeeperDeps extends Omit<CatchUpDeps, 'advance'> {
  readonly progress: Progress;
  /** False: nothing more is taken. */
  readonly push: (change: Change) => boolean;
  /** Discord's channel type number; undefined for one never heard of. */
  readonly typeOf: (channelId: string) => number | undefined;
  readonly isWatched: (channelId: string, guildId: string) => boolean;
  /** An archived thread is listed: it is stored as if Discord had dispatched it when it was asked. */
  readonly learnThread: (thread: JsonObject, observedAt: number) => void;
  /** A channel or thread is not there any more: it is deleted as if Discord had dispatched that. */
  readonly learnDeleted: (channelId: string, guildId: string) => void;
}

/** Opens gaps, works on them, and closes them when every channel they concern is proved complete or refused. What is stored of
 *  a gap is always behind what is stored of its messages, so that whoever goes on after a crash misses nothing. */
export interface GapKeeper {
  readonly openGaps: number;
  /** Something is being fetched or compared, or waits for it. */
  readonly isBusy: boolean;
  /** Replaces what is known by what is stored. Call `progress.load` before. */
  load(gaps: readonly OpenGap[], catchUps: readonly CatchUpChange[], channels: readonly DirectoryChannel[]): void;
  /** Dispatches of these guilds were missed. A gap that is open already grows; its guild is awaited anew. */
  open(guildIds: readonly string[], reason: GapReason, sinceMs: number | null): void;
  /** Discord describes a guild. `learn` learns from the description, after it was compared with what is known. */
  plan(guild: JsonObject, learn: (missed: readonly MissedStretch[]) => void): void;
  /** Discord says something of a thread: one that was reopened before it was looked for is fetched. `learn` as in `plan`. */
  reopened(thread: JsonObject, learn: (missed: readonly MissedStretch[]) => void): void;
  /** The guild is gone for good. */
  abandon(guildId: string): void;
  /** A channel or thread is queued. Of one that is deleted nothing that is on its way is fed any more. */
  observe(change: ChannelChange): void;
  /** Works on what is open until aborted. Returns at once; the signal before must be aborted. */
  work(signal: AbortSignal): void;
}

/** Who works on what, until the signal. */
interface Run {
  readonly signal: AbortSignal;
  waiting: CatchUpChange[];
  workers: number;
}

interface Gap extends OpenGap {
  readonly catchUps: Map<string, CatchUpChange>;
}

/** What a worker has in hand: the step that is stored as far as it knows. */
interface Item {
  step: CatchUpChange;
}

/** The channel was planned anew, or its gap is gone, while a step was under way: somebody else has it now. */
class SupersededError extends Error {}

export function createGapKeeper(deps: GapKeeperDeps): GapKeeper {
  const { progress, logger } = deps;
  const gaps = new Map<string, Gap>();
  const channels = createKnownChannels();
  let run: Run = { signal: AbortSignal.abort(), waiting: [], workers: 0 };

  const push = (change: Change): void => {
    if (!deps.push(change)) throw new Error('nothing more is taken');
  };
  const gapChange = (gap: OpenGap, state: GapChange['state'], unrecoverable: readonly string[] = []): GapChange => {
    const { id, guildId, reason, sinceMs } = gap;
    return { kind: 'gap', id, guildId, reason, sinceMs, state, observedAt: deps.log.stamp(), unrecoverable };
  };

  const advance = (to: CatchUpChange): void => {
    push(to);
    gaps.get(to.guildId)?.catchUps.set(to.id, to);
    if (isFetching(to)) progress.begin(to.id, to.cursorId ?? '0');
    else progress.finish(to.id);
  };

  const closeIfComplete = (guildId: string): void => {
    const gap = gaps.get(guildId);
    if (gap === undefined || !gap.isPlanned) return;
    const catchUps = [...gap.catchUps.values()];
    if (!catchUps.every(isOver)) return;
    const unrecoverable = catchUps.filter(({ phase }) => phase === 'unrecoverable').map(({ id }) => id);
    reached('gap-closing');
    push(gapChange(gap, 'closed', unrecoverable));
    gaps.delete(guildId);
    logger.info('gap closed', { guildId, channels: catchUps.length, unrecoverable: unrecoverable.length });
  };

  /** Whoever was overtaken by a new plan must not store its old progress over it. */
  const assertCurrent = ({ step }: Item): void => {
    if (gaps.get(step.guildId)?.catchUps.get(step.id) !== step) throw new SupersededError();
  };
  const advanceItem = (item: Item, to: CatchUpChange): void => {
    assertCurrent(item);
    advance(to);
    item.step = to;
  };

  const begin = (step: CatchUpChange): void => {
    advance(step);
    run.waiting.push(step);
    startWorkers();
  };

  const findThreads = async (item: Item, gap: Gap, until: AbortSignal): Promise<void> => {
    const { step } = item;
    const type = deps.typeOf(step.id);
    if (type !== undefined && mayHaveThreads(type)) {
      const sinceMs = sinceOf(gap);
      const search = { channelId: step.id, type, sinceMs, known: channels.threadsOf(step.id) };
      const { recent, unlisted } = await findArchivedThreads(search, { ...deps, stamp: deps.log.stamp }, until);
      assertCurrent(item);
      const listed = recent.flatMap(({ thread, observedAt }) => {
        const found = planListed(thread, { gap, before: gap.catchUps, progress });
        deps.learnThread({ ...thread, guild_id: gap.guildId }, observedAt);
        return found ?? [];
      });
      const asked = unlisted.map(({ id }) => askFor(id, gap, gap.catchUps.get(id), progress));
      for (const found of [...listed, ...asked]) begin(found);
    }
    advanceItem(item, { ...step, phase: 'done', cursorId: null });
  };

  /** Discord does not name it: it is asked for before it is believed to be deleted, since the bot may merely not see it. */
  const askForPresence = async (item: Item, until: AbortSignal): Promise<void> => {
    const { step } = item;
    const { id, guildId } = step;
    const isThere = await persistently(() => deps.history.hasChannel(id, until), { channelId: id, logger }, until);
    assertCurrent(item);
    if (isThere === null) {
      logger.warn('a channel is not shown any more', { channelId: id });
      return advanceItem(item, { ...step, phase: 'unrecoverable', cursorId: null });
    }
    if (isThere) return advanceItem(item, { ...step, phase: 'missed' });
    logger.info('a channel was deleted while nobody listened', { channelId: id });
    deps.learnDeleted(id, guildId);
    // Unless `observe` did, which is how it ends usually.
    advanceItem(item, { ...step, phase: 'done', cursorId: null });
  };

  const takeStep = async (item: Item, gap: Gap, until: AbortSignal): Promise<void> => {
    const catchUpDeps: CatchUpDeps = {
      ...deps,
      advance: (to) => advanceItem(item, to),
      feed(...message) {
        assertCurrent(item);
        deps.feed(...message);
      },
    };
    if (item.step.phase === 'presence') await askForPresence(item, until);
    else if (item.step.phase === 'missed') await fetchMissed(item.step, catchUpDeps, until);
    else if (item.step.phase === 'look_back') await lookBack(item.step, { sinceMs: sinceOf(gap) }, catchUpDeps, until);
    else await findThreads(item, gap, until);
  };

  const catchUp = async (from: CatchUpChange, until: AbortSignal): Promise<void> => {
    const gap = gaps.get(from.guildId);
    if (gap === undefined) return;
    const item: Item = { step: from };
    try {
      while (!isOver(item.step)) await takeStep(item, gap, until);
    } catch (error) {
      if (error instanceof SupersededError) return;
      if (!(error instanceof HistoryRefusedError)) throw error;
      const asking = { channelId: from.id, logger };
      const isThere = await persistently(() => deps.history.hasChannel(from.id, until), asking, until);
      // Of a channel that was deleted meanwhile nothing is missing.
      const phase = isThere === false ? 'done' : 'unrecoverable';
      logger.warn('discord refuses the history of a channel', { channelId: from.id, status: error.status, phase });
      advanceItem(item, { ...item.step, phase, cursorId: null });
    }
    closeIfComplete(from.guildId);
  };

  const worker = async (mine: Run): Promise<void> => {
    mine.workers += 1;
    try {
      for (let next = mine.waiting.shift(); next !== undefined; next = mine.waiting.shift()) {
        await catchUp(next, mine.signal);
      }
    } catch (error) {
      if (!mine.signal.aborted) logger.warn('catching up was interrupted', { error });
    } finally {
      mine.workers -= 1;
    }
  };

  const startWorkers = (): void => {
    const idle = CONCURRENT_CHANNELS - run.workers;
    if (run.signal.aborted) return;
    for (let started = 0; started < Math.min(idle, run.waiting.length); started += 1) void worker(run);
  };

  const unfinished = (gap: Gap): readonly CatchUpChange[] => [...gap.catchUps.values()].filter((step) => !isOver(step));

  const openGap = (guildId: string, reason: GapReason, sinceMs: number | null): void => {
    const known = gaps.get(guildId);
    const gap: Gap = known ?? {
      ...{ id: String(deps.log.stamp()), guildId, reason, sinceMs: sinceMs === null ? null : Math.round(sinceMs) },
      ...{ isPlanned: false, catchUps: new Map() },
    };
    reached('gap-opening');
    push(gapChange(gap, 'open'));
    gaps.set(guildId, { ...gap, isPlanned: false });
    if (known === undefined) logger.warn('gap opened: dispatches were missed', { guildId, reason });
  };

  return {
    get openGaps() {
      return gaps.size;
    },
    get isBusy() {
      return run.workers > 0 || run.waiting.length > 0;
    },
    load(stored, catchUps, storedChannels) {
      // Progress is told of none that is deleted.
      channels.load(storedChannels.filter(({ id }) => progress.cursor(id) !== undefined));
      gaps.clear();
      for (const gap of stored) gaps.set(gap.guildId, { ...gap, catchUps: new Map() });
      for (const catchUp of catchUps) {
        gaps.get(catchUp.guildId)?.catchUps.set(catchUp.id, catchUp);
        if (isFetching(catchUp)) progress.begin(catchUp.id, catchUp.cursorId ?? '0');
      }
    },
    open(guildIds, reason, sinceMs) {
      for (const guildId of guildIds) openGap(guildId, reason, sinceMs);
    },
    plan(guild, learn) {
      const stretches = missedStretches(guild, progress);
      learn(stretches);
      const guildId = idAt(guild, 'id');
      if (guildId === null) return;
      const missedAfter = new Map(
        stretches
          .filter(({ channelId }) => deps.isWatched(channelId, guildId))
          .map(({ channelId, afterId }) => [channelId, afterId]),
      );
      const known = channels.ofGuild(guildId).filter(({ id }) => deps.isWatched(id, guildId));
      const isSomethingGone = unnamedIn(guild, known).some(({ archivedAtMs }) => archivedAtMs === null);
      // Nothing was lost that we know of, yet something is missing.
      if (!gaps.has(guildId) && (missedAfter.size > 0 || isSomethingGone)) openGap(guildId, 'guild_outage', null);
      const gap = gaps.get(guildId);
      if (gap === undefined) return;
      const { isWatched } = deps;
      const planned = planGap(guild, { gap, before: gap.catchUps, missedAfter, known, progress, isWatched });
      for (const catchUp of planned) advance(catchUp);
      push(gapChange(gap, 'planned'));
      gaps.set(guildId, { ...gap, isPlanned: true });
      run.waiting = [...run.waiting.filter((other) => other.guildId !== guildId), ...unfinished(gap)];
      closeIfComplete(guildId);
      startWorkers();
    },
    reopened(thread, learn) {
      const [id, guildId] = [idAt(thread, 'id') ?? '', idAt(thread, 'guild_id') ?? ''];
      const gap = gaps.get(guildId);
      const planning = gap?.isPlanned === true ? { gap, before: gap.catchUps, progress } : null;
      const step = planning && planReopened(thread, channels.get(id), planning);
      learn(step?.cursorId == null ? [] : [{ channelId: id, guildId, afterId: step.cursorId }]);
      if (step !== null && deps.isWatched(id, guildId)) begin(step);
    },
    abandon(guildId) {
      const gap = gaps.get(guildId);
      if (gap === undefined) return;
      const unrecoverable = unfinished(gap).map(({ id }) => id);
      push(gapChange(gap, 'closed', unrecoverable));
      gaps.delete(guildId);
      run.waiting = run.waiting.filter((other) => other.guildId !== guildId);
    },
    observe(change) {
      channels.observe(change);
      const step = change.isDeleted ? gaps.get(change.guildId)?.catchUps.get(change.id) : undefined;
      if (step === undefined || isOver(step)) return;
      advance({ ...step, phase: 'done', cursorId: null });
      run.waiting = run.waiting.filter(({ id }) => id !== change.id);
      closeIfComplete(change.guildId);
    },
    work(signal) {
      const planned = [...gaps.values()].filter(({ isPlanned }) => isPlanned);
      run = { signal, waiting: planned.flatMap(unfinished), workers: 0 };
      for (const { guildId } of planned) closeIfComplete(guildId);
      startWorkers();
    },
  };
}
