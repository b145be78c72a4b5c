/** Promises that settle when a condition over a growing record comes true, or fail for a stated reason. */
export interface Waiters {
  /** Resolves with the first value of `look` that is not undefined: now, or after a later `changed()`. Rejects with the state of
   *  affairs after `timeoutMs`, or as soon as `over` gives a reason why it cannot come any more. */
  until<T>(what: string, look: () => T | undefined, timeoutMs: number): Promise<T>;
  /** The record grew, or it ended. */
  changed(): void;
}

/** `describe` tells the state of affairs for a failure; `over` says why nothing more will come, or null. */
export function createWaiters(describe: () => string, over: () => string | null): Waiters {
  const checks = new Set<() => void>();
  return {
    changed() {
      for (const check of checks) check();
    },
    until(what, look, timeoutMs) {
      return new Promise((resolve, reject) => {
        const settle = (): void => {
          clearTimeout(timer);
          checks.delete(check);
        };
        const fail = (why: string): void => {
          settle();
          reject(new Error(`waiting for ${what}: ${why}\n${describe()}`));
        };
        const check = (): void => {
          const value = look();
          const end = over();
          if (value !== undefined) {
            settle();
            resolve(value);
          } else if (end !== null) fail(end);
        };
        const timer = setTimeout(() => fail(`${timeoutMs} ms passed`), timeoutMs);
        checks.add(check);
        check();
      });
    },
  };
}
