import { type SweepDeps, sweepDeleted } from './sweep-deleted.ts';

/** How often an ingester looks by itself whether something is left to sweep, such as a guild whose grace ended. */
const SWEEP_INTERVAL_MS = 10 * 60_000;
/** How soon a new leader begins. */
const STANDBY_INTERVAL_MS = 1_000;

/** Events after which messages or threads may be left that nobody else deletes. */
export const LEAVES_ORPHANS: ReadonlySet<string> = new Set(['CHANNEL_DELETE', 'THREAD_DELETE', 'GUILD_DELETE']);

export interface Sweeper {
  /** Something was deleted: sweep as soon as the running one is done. */
  wake(): void;
  /** Sweeps while leading, on waking and every ten minutes, one sweep at a time. Resolves when aborted; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

export interface SweeperDeps extends SweepDeps {
  /** Null while not leading. Aborted, it ends the sweep that began under it: what that one fed before may be dropped, and a
   *  channel must not be called empty without its deletes. */
  readonly leadership: () => AbortSignal | null;
}

export function createSweeper(deps: SweeperDeps): Sweeper {
  let isWoken = true;
  let rouse = (): void => {};

  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        rouse = () => {};
        resolve();
      };
      const isLeading = deps.leadership() !== null;
      const timer = setTimeout(done, isLeading ? SWEEP_INTERVAL_MS : STANDBY_INTERVAL_MS);
      signal.addEventListener('abort', done);
      rouse = done;
      if ((isWoken && isLeading) || signal.aborted) done();
    });

  return {
    wake() {
      isWoken = true;
      rouse();
    },
    async run(signal) {
      while (!signal.aborted) {
        await wait(signal);
        const leadership = deps.leadership();
        if (signal.aborted || leadership === null) continue;
        isWoken = false;
        const ending = AbortSignal.any([signal, leadership]);
        try {
          const changes = await sweepDeleted(deps, ending);
          if (changes > 0) deps.logger.info('what deleted channels left behind is deleted', { changes });
        } catch (error) {
          if (!ending.aborted) deps.logger.warn('sweep failed, trying again later', { error });
          // The next leadership begins with what this one left undone.
          else isWoken = true;
        }
      }
    },
  };
}
