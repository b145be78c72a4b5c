import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { BackfillChange, BackfillTarget, Change, ChannelChange } from '@dms/event-log';
import { afterRefusal, beginnings, horizonMs, reachedMs, shownAgain, wantedSince } from './backfill-plan.ts';
import { type BackfillProgress, describeProgress } from './backfill-progress.ts';
import { type BackfillReportDeps, createBackfillReport } from './backfill-report.ts';
import { type BackfillPage, type BackfillStepDeps, fetchPage } from './backfill-step.ts';
import type { Observed } from './catch-up.ts';
import { createNewestFirst, type NewestFirst } from './newest-first.ts';
import type { JsonObject } from './sanitise.ts';

/** Pages under way at once. Discord allows about one a second for each channel and 50 in all, so that most of these wait. */
const CONCURRENT_PAGES = 64;
const ROOM_INTERVAL_MS = 50;
const TICK_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** A role may have been given that lets us in: nothing says so. */
const REFUSED_RETRY_MS = 3_600_000;

export interface BackfillDeps extends BackfillStepDeps, Omit<BackfillReportDeps, 'describe'> {
  /** How many days of history are wanted: 0 for none, infinite for all. */
  readonly days: number;
  /** Feeds a fetched message behind everything that is live. False: nothing more is taken. */
  readonly feed: (message: JsonObject, observed: Observed) => boolean;
  /** Stores how far a list has come, behind what was fed before. False: nothing more is taken. */
  readonly advance: (change: BackfillChange) => boolean;
  /** An archived thread is named, and was so at `observedAt`: it is stored, and `observe` is told, if it is watched. */
  readonly learnThread: (thread: JsonObject, observedAt: number) => void;
  /** Drops what was fed of a channel and its threads and is not stored yet. */
  readonly drop: (channelId: string) => void;
  /** False while others go first: live dispatches, gaps, what was fed and is not stored yet. */
  readonly hasRoom: () => boolean;
  readonly isWatched: (channelId: string, guildId: string) => boolean;
}

/** Imports what was written before us: page by page, the newest of all channels first, and with it the threads that were
 *  archived. What is stored of its progress is always behind what is stored of the messages, so that whoever goes on after a
 *  crash misses nothing and fetches the last pages again at most. */
export interface Backfill {
  readonly progress: BackfillProgress;
  /** Replaces what is known by what is stored; days are counted back from `nowMs`, milliseconds since the Unix epoch. */
  load(targets: readonly BackfillTarget[], begun: readonly BackfillChange[], nowMs: number): void;
  /** A change was queued: channels may be new, gone, or open to us now. */
  observe(change: Change): void;
  /** Works until aborted. Returns at once; the signal before must be aborted. */
  work(signal: AbortSignal): void;
}

/** One list of one channel. */
export interface BackfillItem {
  step: BackfillChange;
  readonly parentId: string | null;
  /** In a row. */
  failures: number;
  /** `performance.now()`. */
  dueAtMs: number;
}

/** Who works on what, until the signal. */
interface Run {
  readonly signal: AbortSignal;
  readonly waiting: NewestFirst<BackfillItem>;
  /** To be tried again later. */
  readonly delayed: Set<BackfillItem>;
  workers: number;
}

const startRun = (signal: AbortSignal): Run => ({
  ...{ signal, waiting: createNewestFirst(), delayed: new Set<BackfillItem>(), workers: 0 },
});
const keyOf = ({ id, list }: BackfillChange): string => `${id} ${list}`;
/** There is something to fetch that Discord does not refuse. */
const isOpen = ({ step }: BackfillItem): boolean => !step.isDone && step.refused === null;

export function createBackfill(deps: BackfillDeps): Backfill {
  const { logger, days } = deps;
  const items = new Map<string, BackfillItem>();
  let sinceMs = 0;
  let messages = 0;
  let open = 0;
  let run = startRun(AbortSignal.abort());
  /** Discord does not answer: nothing is asked before. `performance.now()`. */
  let pausedUntilMs = 0;
  let pauses = 0;
  /** Pages are taken in one after the other, and live dispatches between them. */
  let turn: Promise<unknown> = Promise.resolve();

  const describe = (): BackfillProgress =>
    describeProgress(
      [...items.values()].map(({ step }) => step),
      messages,
    );
  const isCurrent = (item: BackfillItem): boolean => items.get(keyOf(item.step)) === item;

  const wait = (item: BackfillItem): void => {
    if (run.signal.aborted || item.step.isDone || !isCurrent(item)) return;
    if (item.dueAtMs > performance.now()) run.delayed.add(item);
    else run.waiting.put(item, reachedMs(item.step));
  };

  const setStep = (item: BackfillItem, step: BackfillChange): boolean => {
    if (!deps.advance(step)) return false;
    open -= Number(isOpen(item));
    item.step = step;
    open += Number(isOpen(item));
    return true;
  };

  /** Stored only when that says more than the store does. */
  const add = (step: BackfillChange, parentId: string | null, isStored: boolean): void => {
    const wanted = wantedSince(step, sinceMs);
    const item: BackfillItem = { step: wanted, parentId, failures: 0, dueAtMs: 0 };
    items.set(keyOf(step), item);
    open += Number(isOpen(item));
    if (wanted.isDone && !(isStored && wanted === step)) deps.advance(wanted);
    wait(item);
  };

  const remove = (isGone: (item: BackfillItem) => boolean): void => {
    for (const [key, item] of items) {
      if (!isGone(item)) continue;
      items.delete(key);
      run.delayed.delete(item);
      open -= Number(isOpen(item));
    }
  };

  /** The channel has changed, maybe its permissions. */
  const tryAgain = (channelId: string, newestId: string | null): void => {
    for (const item of run.delayed) {
      if (item.step.refused === null || (item.step.id !== channelId && item.parentId !== channelId)) continue;
      run.delayed.delete(item);
      if (item.step.id === channelId) item.step = shownAgain(item.step, newestId);
      item.dueAtMs = 0;
      wait(item);
    }
  };

  const accept = (item: BackfillItem, page: BackfillPage): void => {
    if (page.kind === 'messages') {
      // What finds no room is fetched again: nothing says that it was fetched.
      if (!page.messages.every((message) => deps.feed(message, page.observed)) || !setStep(item, page.next)) return;
      messages += page.messages.length;
    } else if (page.kind === 'threads') {
      for (const thread of page.threads) deps.learnThread(thread, page.observedAt);
      setStep(item, page.next);
    } else {
      const { next, instead } = afterRefusal(item.step, page.status);
      if (!setStep(item, next)) return;
      if (instead !== null && !items.has(keyOf(instead))) add(instead, item.parentId, false);
      if (next.isDone) return;
      item.dueAtMs = performance.now() + REFUSED_RETRY_MS;
      const { id: channelId, list } = next;
      logger.warn('discord refuses older history of a channel', { channelId, list, status: page.status });
    }
  };

  const takeIn = (item: BackfillItem, page: BackfillPage, { signal }: Run): Promise<void> => {
    const mine = turn.then(async () => {
      await nextTurn();
      if (!signal.aborted && isCurrent(item)) accept(item, page);
    });
    turn = mine.catch(() => {});
    return mine;
  };

  const onFailure = (item: BackfillItem, error: unknown): void => {
    const delayMs = (failures: number): number => Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS);
    item.failures += 1;
    item.dueAtMs = performance.now() + delayMs(item.failures);
    // The others under way fail of the same outage.
    if (performance.now() < pausedUntilMs) return;
    pauses += 1;
    pausedUntilMs = performance.now() + delayMs(pauses);
    logger.warn('older history cannot be fetched yet, trying again', { error, retryInMs: delayMs(pauses) });
  };

  const takePage = async (item: BackfillItem, mine: Run): Promise<void> => {
    try {
      // A signal of its own: whoever listens to it leaves its listener there.
      const page = await fetchPage(item.step, sinceMs, deps, AbortSignal.any([mine.signal]));
      pauses = 0;
      item.failures = 0;
      await takeIn(item, page, mine);
    } catch (error) {
      mine.signal.throwIfAborted();
      onFailure(item, error);
    }
  };

  const worker = async (mine: Run): Promise<void> => {
    mine.workers += 1;
    try {
      for (;;) {
        while (!deps.hasRoom() || performance.now() < pausedUntilMs) {
          await sleep(ROOM_INTERVAL_MS, undefined, { signal: mine.signal });
        }
        const item = mine.waiting.take();
        if (item === undefined) return;
        if (isCurrent(item) && !item.step.isDone) await takePage(item, mine);
        wait(item);
        startWorkers();
      }
    } catch (error) {
      if (!mine.signal.aborted) logger.error('the import of older history stopped', { error });
    } finally {
      mine.workers -= 1;
    }
  };

  const startWorkers = (): void => {
    const missing = Math.min(CONCURRENT_PAGES - run.workers, run.waiting.size);
    for (let started = 0; started < missing && !run.signal.aborted; started += 1) void worker(run);
  };

  const attend = (mine: Run): void => {
    const report = createBackfillReport({ describe, logger, onProgress: deps.onProgress });
    const tick = (): void => {
      for (const item of mine.delayed) {
        if (item.dueAtMs > performance.now()) continue;
        mine.delayed.delete(item);
        wait(item);
      }
      startWorkers();
      report(open > 0);
    };
    const timer = setInterval(tick, TICK_MS);
    mine.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    tick();
  };

  const observeChannel = (change: ChannelChange): void => {
    const { id, guildId, parentId, type, baselineMessageId } = change;
    if (change.isDeleted) {
      remove(({ step, parentId: parent }) => step.id === id || parent === id);
      deps.drop(id);
      return;
    }
    if (days === 0) return;
    const begun = beginnings({ channelId: id, guildId, parentId, type, baselineMessageId });
    for (const step of begun) if (!items.has(keyOf(step))) add(step, parentId, false);
    tryAgain(id, baselineMessageId);
    startWorkers();
  };

  return {
    get progress() {
      return describe();
    },
    load(targets, begun, nowMs) {
      items.clear();
      open = 0;
      sinceMs = horizonMs(days, nowMs);
      const watched = targets.filter(({ channelId, guildId }) => deps.isWatched(channelId, guildId));
      const parents = new Map(watched.map(({ channelId, parentId }) => [channelId, parentId]));
      for (const step of begun) {
        const parentId = parents.get(step.id);
        if (parentId !== undefined) add(step, parentId, true);
      }
      const fresh = days === 0 ? [] : watched.flatMap((target) => beginnings(target));
      for (const step of fresh) if (!items.has(keyOf(step))) add(step, parents.get(step.id) ?? null, false);
    },
    observe(change) {
      if (change.kind === 'channel') observeChannel(change);
      else if (change.kind === 'guild-left') remove(({ step }) => step.guildId === change.id);
    },
    work(signal) {
      run = startRun(signal);
      for (const item of items.values()) wait(item);
      if (days > 0) attend(run);
    },
  };
}
