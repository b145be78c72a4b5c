import { type SweepDeps, sweepDeleted } from './sweep-deleted.ts';

/** How often an ingester looks by itself whether something is left to sweep, such as a guild whose grace ended. */
const SWEEP_INTERVAL_MS = 10 * 60_000;
/** How soon a new leader begins. */
const STANDBY_INTERVAL_MS = 1_000;

export interface Sweeper {
  /** Something was deleted: sweep as soon as the running one is done. */
  wake(): void;
  /** Sweeps while `isLeading`, on waking and every ten minutes. Resolves when aborted; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

export function createSweeper(deps: SweepDeps & { readonly isLeading: () => boolean }): Sweeper {
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
      const isLeading = deps.isLeading();
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
        if (signal.aborted || !deps.isLeading()) continue;
        isWoken = false;
        try {
          const changes = await sweepDeleted(deps, signal);
          if (changes > 0) deps.logger.info('what deleted channels left behind is deleted', { changes });
        } catch (error) {
          if (!signal.aborted) deps.logger.warn('sweep failed, trying again later', { error });
        }
      }
    },
  };
}
