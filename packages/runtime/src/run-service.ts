import { constants } from 'node:os';
import { EXIT_CONFIG, ExitError } from './exit-error.ts';
import { isError } from './is-error.ts';
import { type Environment, loadConfig } from './load-config.ts';
import type { Logger } from './logger.ts';
import type { ConfigOf, Settings } from './setting.ts';

/** What `start` hands over: something that runs until it is stopped. */
export interface Service {
  /** Called at most once. Releases everything; the process exits right after. */
  stop(): Promise<void>;
  /** Settles when the service ends by itself: fulfilled = stop and exit 0, rejected = stop and exit as for a failed start. */
  readonly done?: Promise<void>;
}

export interface RunServiceOptions {
  readonly logger: Logger;
  /** The signal aborts when the process is told to stop before `start` has settled: reject soon, or resolve and be stopped. */
  readonly start: (signal: AbortSignal) => Promise<Service>;
  /** From the first signal to a forced exit with 1. Default 20,000. */
  readonly stopTimeoutMs?: number;
}

const STOP_TIMEOUT_MS = 20_000;
/** npm and pnpm forward a signal that the terminal already sent to the whole group, so each arrives twice within moments. */
const SAME_SIGNAL_MS = 200;

type StopSignal = 'SIGINT' | 'SIGTERM';

/** Owns the life of the process; call it once, from `main.ts`. SIGINT or SIGTERM aborts the start or stops the service, then exit
 *  0; a second one exits at once with 130 or 143. A stop that fails or lasts longer than `stopTimeoutMs`, an unexpected error
 *  anywhere, and a failed start exit 1. An `ExitError` prints its sentence alone and exits with its code.
 *  Resolves when the service runs. */
export async function runService(options: RunServiceOptions): Promise<void> {
  const { logger, start, stopTimeoutMs = STOP_TIMEOUT_MS } = options;
  const abort = new AbortController();
  let stoppingSinceMs: number | null = null;
  const started = Promise.resolve(abort.signal).then(start);

  const stop = async (exitCode: number): Promise<void> => {
    stoppingSinceMs = performance.now();
    setTimeout(() => {
      logger.error('stop timed out', { stopTimeoutMs });
      process.exit(1);
    }, stopTimeoutMs);
    abort.abort(new Error('the process was told to stop'));
    // A start that was aborted has nothing to stop, whatever it rejects with.
    const service = await started.catch(() => null);
    await service?.stop();
    logger.info('stopped', { durationMs: Math.round(performance.now() - stoppingSinceMs), exitCode });
    process.exit(exitCode);
  };
  const stopOrDie = (exitCode: number): void => {
    stop(exitCode).catch((error: unknown) => {
      logger.error('stop failed', { error, stack: stackOf(error) });
      process.exit(1);
    });
  };
  const onSignal = (signal: StopSignal): void => {
    if (stoppingSinceMs === null) {
      logger.info('draining', { signal });
      stopOrDie(0);
    } else if (performance.now() - stoppingSinceMs > SAME_SIGNAL_MS) {
      logger.warn('exiting at once', { signal });
      process.exit(128 + constants.signals[signal]);
    }
  };
  const fail = (event: string, error: unknown): void => {
    const exitCode = report(logger, event, error);
    if (stoppingSinceMs === null) stopOrDie(exitCode);
  };

  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('uncaughtException', (error) => fail('unexpected error', error));
  process.on('unhandledRejection', (error) => fail('unexpected error', error));

  try {
    const service = await started;
    service.done?.then(
      () => (stoppingSinceMs === null ? stopOrDie(0) : undefined),
      (error: unknown) => fail('service failed', error),
    );
  } catch (error) {
    if (stoppingSinceMs === null) process.exit(report(logger, 'start failed', error));
  }
}

/** Says why the process ends and returns the exit code for it. */
function report(logger: Logger, event: string, error: unknown): number {
  if (error instanceof ExitError) {
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  logger.error(event, { error, stack: stackOf(error) });
  return 1;
}

const stackOf = (error: unknown): string | undefined => (isError(error) ? error.stack : undefined);

/** `loadConfig`, or prints every problem on a line of its own to standard error and exits 78. */
export function loadConfigOrExit<S extends Settings>(settings: S, env: Environment): ConfigOf<S> {
  const loaded = loadConfig(settings, env);
  if (loaded.ok) return loaded.config;
  for (const { name, problem } of loaded.problems) process.stderr.write(`${name} ${problem}\n`);
  process.exit(EXIT_CONFIG);
}
