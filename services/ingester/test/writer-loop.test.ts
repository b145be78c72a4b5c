import type { LogEvent } from '@dms/protocol';
import { checkLeaks, eventually } from '@dms/test-kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createWriteQueue } from '../src/write-queue.ts';
import { createWriterLoop } from '../src/writer-loop.ts';
import { deletion } from './support/changes.ts';
import { createFakeLog } from './support/fake-log.ts';
import { recordingLogger } from './support/recording-logger.ts';

const DRAIN_MS = 800;
const session = (sequence: number) => ({
  ...{ bot: 'b', fingerprint: 'f', sessionId: 's', resumeUrl: 'wss://x', hasMessageContent: true },
  sequence,
});
const stops: (() => Promise<void>)[] = [];

function startLoop({
  log = createFakeLog(),
  publish = async (_events: readonly LogEvent[]): Promise<void> => {},
  /** How long taking over takes. */
  takeOver = Promise.resolve(),
} = {}) {
  const queue = createWriteQueue();
  const stopping = new AbortController();
  /** What happened around the lease, in order. */
  const story: string[] = [];
  const published: string[] = [];
  const stored: number[] = [];
  const loop = createWriterLoop({
    log,
    queue,
    holder: 'me',
    acquireIntervalMs: 100,
    logger: recordingLogger(),
    status: () => ({ discord: 'connected', detail: null }),
    broker: {
      publish(events) {
        published.push(...events.map(({ messageId }) => messageId ?? ''));
        return publish(events);
      },
    },
    async onLead(hasLostCommits) {
      await takeOver;
      story.push(hasLostCommits ? 'lead anew' : 'lead');
    },
    onStored: ({ sequence }) => void stored.push(sequence),
    async onStepDown() {
      story.push('disconnect');
    },
  });
  const push = (...ids: readonly string[]): void => {
    for (const id of ids) queue.push(deletion(id));
  };
  const running = loop.run(stopping.signal, DRAIN_MS);
  const stop = (): Promise<void> => {
    stopping.abort();
    return running;
  };
  stops.push(stop);
  return { log, queue, loop, story, published, stored, push, stop };
}

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});
checkLeaks();

describe('writer loop', () => {
  it('I3: starts a fresh discord session when the database lost what was committed, and feeds nothing newer than the hole', async () => {
    const { log, push, queue, story } = startLoop();
    push('1', '2', '3');
    await eventually(() => expect(log.stored).toEqual(['1', '2', '3']));
    log.loseCommits(2);
    push('4');
    await eventually(() => expect(story).toEqual(['lead', 'disconnect', 'lead anew']));
    expect(queue.size).toBe(0);
    push('5');
    await eventually(() => expect(log.stored).toEqual(['1', '5']));
  });

  it('stores how far Discord is covered with the changes, and without any when idle or at the end', async () => {
    const { log, push, queue, stored, stop } = startLoop();
    push('1');
    queue.mark(session(3));
    await eventually(() => expect(stored).toEqual([3]));
    expect(log.sessions).toEqual([3]);
    queue.mark(session(4));
    await eventually(() => expect(stored).toEqual([3, 4]), { timeoutMs: 5_000 });
    queue.mark(session(5));
    await stop();
    expect(log.sessions).toEqual([3, 4, 5]);
  });

  it('keeps its lease while it takes over, however long that takes', async () => {
    let finish = (): void => {};
    const takeOver = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { log, story } = startLoop({ takeOver });
    await eventually(() => expect(log.statuses.length).toBeGreaterThanOrEqual(2));
    expect(story).toEqual([]);
    finish();
    await eventually(() => expect(story).toEqual(['lead']));
  });

  it('claims nothing of a commit that failed', async () => {
    const { log, push, queue, stored } = startLoop();
    log.failures.push('before commit');
    push('1');
    queue.mark(session(3));
    await eventually(() => expect(log.failures).toEqual([]));
    expect(stored).toEqual([]);
    await eventually(() => expect(stored).toEqual([3]));
    expect(log.stored).toEqual(['1']);
  });

  it('keeps the discord session when a writer is lost but its commits are not', async () => {
    const { log, push, story } = startLoop();
    push('1', '2');
    await eventually(() => expect(log.stored).toEqual(['1', '2']));
    log.loseCommits(0);
    push('3');
    await eventually(() => expect(log.stored).toEqual(['1', '2', '3']));
    expect(story).toEqual(['lead']);
  });

  it('commits what queued meanwhile as one batch, in order, one in flight', async () => {
    const { log, push, queue } = startLoop();
    let go = (): void => {};
    log.hold = new Promise((resolve) => {
      go = resolve;
    });
    push('1');
    await eventually(() => expect(log.appends).toBe(1));
    push('2', '3', '4');
    expect(log.appends).toBe(1);
    go();
    await eventually(() => expect(queue.size).toBe(0));
    expect(log.stored).toEqual(['1', '2', '3', '4']);
    expect(log.batches).toEqual([1, 3]);
  });

  it('I9: a batch has at most 250 changes', async () => {
    const { log, push } = startLoop();
    push(...Array.from({ length: 600 }, (_, index) => String(index + 1)));
    await eventually(() => expect(log.stored).toHaveLength(600));
    expect(log.batches).toEqual([250, 250, 100]);
  });

  it('I3: publishes only what is committed', async () => {
    const { log, push, published } = startLoop();
    log.failures.push('before commit');
    push('1');
    await eventually(() => expect(log.failures).toEqual([]));
    expect(published).toEqual([]);
    await eventually(() => expect(published).toEqual(['1']));
    expect(log.stored).toEqual(['1']);
  });

  it('I7: a broker that hangs or fails costs no commit and collects nothing without end', async () => {
    let attempts = 0;
    const publish = (): Promise<void> => {
      attempts += 1;
      return attempts === 1 ? Promise.reject(new Error('redis is away')) : new Promise(() => {});
    };
    const { log, loop, push } = startLoop({ publish });
    for (let id = 1; id <= 80; id += 1) {
      push(String(id));
      await eventually(() => expect(log.stored).toHaveLength(id), { intervalMs: 1 });
    }
    expect(attempts).toBeLessThanOrEqual(65);
    expect(loop.counters.publishFailures).toBe(80 - attempts + 1);
  });

  it.each(['before commit', 'after commit'] as const)(
    'I8: a writer lost %s feeds the kept queue again to the next one, and Discord stays connected',
    async (moment) => {
      const { log, loop, story, push } = startLoop();
      log.failures.push(moment);
      push('1', '2');
      await eventually(() => expect(loop.counters.committed + loop.counters.dropped).toBe(2));
      expect(log.stored).toEqual(['1', '2']);
      expect(loop.counters).toMatchObject({ terms: 2, commitFailures: 1 });
      expect(story).toEqual(['lead']);
    },
  );

  it('keeps queue and Discord through an outage of the log, however long, and without a hot loop', async () => {
    const { log, queue, story, push } = startLoop();
    await eventually(() => expect(log.statuses).not.toEqual([]));
    log.isUnreachable = true;
    log.failures.push('before commit');
    const acquiresBefore = log.acquires;
    push('1');
    await eventually(() => expect(log.acquires).toBeGreaterThanOrEqual(acquiresBefore + 2));
    expect(log.acquires).toBeLessThanOrEqual(acquiresBefore + 3);
    expect(queue.size).toBe(1);
    expect(story).toEqual(['lead']);
    log.isUnreachable = false;
    await eventually(() => expect(log.stored).toEqual(['1']));
  });

  it('steps down when somebody else has the lease: disconnects and forgets the queue, which the other one fetches', async () => {
    const { log, loop, queue, story, push } = startLoop();
    await eventually(() => expect(loop.isLeading).toBe(true));
    log.stealLease();
    push('1');
    await eventually(() => expect(loop.isLeading).toBe(false), { timeoutMs: 10_000 });
    expect(story).toEqual(['lead', 'disconnect']);
    expect(queue.size).toBe(0);
    expect(log.stored).toEqual([]);
  });

  it('begins anew after somebody else led, however shortly: what that one stored is not known', async () => {
    const { log, push, loop, story, queue } = startLoop();
    await eventually(() => expect(loop.isLeading).toBe(true));
    log.stealLease();
    log.endLease();
    push('1');
    await eventually(() => expect(story).toEqual(['lead', 'disconnect', 'lead']));
    expect(queue.size).toBe(0);
    // What Discord dispatches again is stored, and nobody was in between this time.
    push('2');
    log.failures.push('after commit');
    await eventually(() => expect(log.stored).toEqual(['2']));
    push('3');
    await eventually(() => expect(log.stored).toEqual(['2', '3']));
    expect(story).toEqual(['lead', 'disconnect', 'lead']);
  });

  it('renews while idle and while busy, so that readers see how Discord is doing', async () => {
    const { log, push } = startLoop();
    await eventually(() => expect(log.statuses.length).toBeGreaterThanOrEqual(1));
    let id = 0;
    await eventually(
      () => {
        id += 1;
        push(String(id));
        expect(log.statuses.length).toBeGreaterThanOrEqual(3);
      },
      { intervalMs: 5 },
    );
    expect(id).toBeGreaterThan(50);
  });

  it('on stop first disconnects Discord, then commits what is queued, then gives the lease back', async () => {
    const { log, loop, story, push, stop } = startLoop();
    await eventually(() => expect(loop.isLeading).toBe(true));
    push(...Array.from({ length: 700 }, (_, index) => String(index + 1)));
    await stop();
    expect(log.stored).toHaveLength(700);
    expect(story.slice(0, 2)).toEqual(['lead', 'disconnect']);
    expect(await log.acquire('the next one')).not.toBeNull();
  });

  it('a writer lost during the stop is replaced as long as there is time', async () => {
    const { log, loop, push, stop } = startLoop();
    await eventually(() => expect(loop.isLeading).toBe(true));
    log.failures.push('before commit', 'after commit');
    push('1', '2');
    await stop();
    expect(log.stored).toEqual(['1', '2']);
  });

  it('I9: the stop ends after its time even when nothing can be committed', async () => {
    const { log, loop, push, stop } = startLoop();
    await eventually(() => expect(loop.isLeading).toBe(true));
    log.isUnreachable = true;
    log.failures.push(...new Array(100).fill('before commit'));
    push('1');
    const startedMs = performance.now();
    await stop();
    expect(performance.now() - startedMs).toBeLessThan(DRAIN_MS + 1_500);
    expect(log.stored).toEqual([]);
  });

  it('gives a sign of life while it leads and while it stands by, and none when a commit never ends', async () => {
    const { log, loop, push } = startLoop();
    const livesOn = (): Promise<void> => {
      const before = loop.turnedAtMs;
      return eventually(() => expect(loop.turnedAtMs).toBeGreaterThan(before));
    };
    await eventually(() => expect(loop.isLeading).toBe(true));
    await livesOn();
    log.stealLease();
    await eventually(() => expect(loop.isLeading).toBe(false), { timeoutMs: 10_000 });
    await livesOn();

    const other = startLoop();
    let go = (): void => {};
    other.log.hold = new Promise((resolve) => {
      go = resolve;
    });
    other.push('1');
    await eventually(() => expect(other.log.appends).toBe(1));
    const before = other.loop.turnedAtMs;
    push('2');
    await livesOn();
    await livesOn();
    expect(other.loop.turnedAtMs).toBe(before);
    go();
    await eventually(() => expect(other.loop.turnedAtMs).toBeGreaterThan(before));
  });

  it('knows the head while it leads, and whether the log can be reached', async () => {
    const log = createFakeLog();
    log.stored.push('1', '2', '3');
    const { loop, push } = startLoop({ log });
    expect(loop.headSeq).toBeNull();
    await eventually(() => expect(loop.headSeq).toBe(3));
    push('4', '5');
    await eventually(() => expect(loop.headSeq).toBe(5));
    log.isUnreachable = true;
    log.failures.push('before commit');
    push('6');
    await eventually(() => expect(loop.isLogReachable).toBe(false));
    log.isUnreachable = false;
    // Whose lease it is does not matter: it answers.
    log.stealLease();
    await eventually(() => expect(loop.isLogReachable).toBe(true));
    await eventually(() => expect(loop.headSeq).toBeNull(), { timeoutMs: 10_000 });
  });

  it('stops at once when it stands by', async () => {
    const log = createFakeLog();
    log.stealLease();
    const { story, stop } = startLoop({ log });
    await eventually(() => expect(log.acquires).toBeGreaterThanOrEqual(1));
    const startedMs = performance.now();
    await stop();
    expect(performance.now() - startedMs).toBeLessThan(500);
    expect(story).not.toContain('lead');
  });
});
