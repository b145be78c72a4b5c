import { type Change, FencedError } from '@dms/event-log';
import type { LogEvent } from '@dms/protocol';
import type { ModelLog, ModelWriter } from './model-log.ts';
import type { Source } from './source.ts';
import type { Owner, Steps } from './steps.ts';

/** One ingester process, in the semantics of `services/ingester/src/writer-loop.ts`: a lost writer keeps the queue and the
 *  Discord session, a new term feeds the same changes again. */
export interface ModelIngester {
  readonly name: string;
  readonly isUp: boolean;
  readonly isConnected: boolean;
  /** A call to the log is on its way. */
  readonly isBusy: boolean;
  readonly isLeading: boolean;
  readonly queue: readonly Change[];
  /** What to perform instead of the append on its way, for a lost acknowledgement; null when none is. */
  readonly unacknowledged: (() => Promise<unknown>) | null;
  start(): void;
  crash(): void;
  /** Another holder has led for too long: gives the session up. */
  stepDown(): void;
  /** A live dispatch of Discord; lost without a session. */
  receive(toChange: (stamp: () => number) => Change): void;
  acquire(): void;
  commit(batchSize: number): void;
  renew(): void;
  /** Releases the lease and ends. */
  stop(): void;
}

export interface IngesterDeps {
  readonly log: ModelLog;
  readonly source: Source;
  readonly steps: Steps;
  readonly stamp: () => number;
  readonly publish: (events: readonly LogEvent[]) => void;
  readonly onFenced: () => void;
  /** True in the mutant that takes a commit of unknown outcome for a success and stays in its term. */
  readonly isRetriedInTerm: boolean;
}

export function createModelIngester(name: string, deps: IngesterDeps): ModelIngester {
  const { log, source, steps, stamp, publish } = deps;
  let owner: Owner = {};
  let isUp = false;
  let isConnected = false;
  let isBusy = false;
  let writer: ModelWriter | null = null;
  let queue: Change[] = [];
  let unacknowledged: (() => Promise<unknown>) | null = null;
  let inFlight = 0;

  const end = (): void => {
    steps.abandon(owner);
    owner = {};
    isUp = false;
    isConnected = false;
    isBusy = false;
    writer = null;
    queue = [];
    unacknowledged = null;
  };

  const run = async <T>(what: string, perform: () => Promise<T>, done: (result: T) => void): Promise<void> => {
    isBusy = true;
    try {
      done(await steps.call(owner, `${name} ${what}`, perform, true));
    } catch (error) {
      if (error instanceof FencedError) deps.onFenced();
      const isLost = !deps.isRetriedInTerm || error instanceof FencedError;
      if (isLost) writer = null;
      else queue.splice(0, inFlight);
    }
    isBusy = false;
    unacknowledged = null;
  };

  const lead = (acquired: ModelWriter | null): void => {
    writer = acquired;
    if (acquired === null || isConnected) return;
    isConnected = true;
    queue.push(...source.reconcile(stamp));
  };

  return {
    name,
    get isUp() {
      return isUp;
    },
    get isConnected() {
      return isConnected;
    },
    get isBusy() {
      return isBusy;
    },
    get isLeading() {
      return writer !== null;
    },
    get queue() {
      return queue;
    },
    get unacknowledged() {
      return unacknowledged;
    },
    start() {
      isUp = true;
    },
    crash: end,
    stepDown() {
      isConnected = false;
      queue = [];
    },
    receive(toChange) {
      if (isConnected) queue.push(toChange(stamp));
    },
    acquire() {
      void run('acquires', () => log.acquire(name), lead);
    },
    commit(batchSize) {
      const current = writer;
      if (current === null) return;
      const batch = queue.slice(0, batchSize);
      inFlight = batch.length;
      unacknowledged = () => current.appendUnacknowledged(batch);
      void run(
        `commits ${batch.length}`,
        () => current.append(batch),
        ({ events }) => {
          queue.splice(0, batch.length);
          publish(events);
        },
      );
    },
    renew() {
      const current = writer;
      if (current === null) return;
      void run(
        'renews',
        () => current.renew({ discord: 'connected', detail: null }),
        () => {},
      );
    },
    stop() {
      const current = writer;
      if (current === null) return;
      void run('releases', () => current.release(), end);
    },
  };
}
