/** Whose call it is: one incarnation of a process, so that a crash can take its calls away. */
export type Owner = object;

type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

/** A call of the code under test that has not returned yet. It takes effect and it answers in separate steps, and anything may
 *  happen before, between and after. */
export interface PendingCall {
  readonly owner: Owner;
  readonly name: string;
  readonly isWrite: boolean;
  /** Work of the process's own that waits for its turn, not a call. */
  readonly isDeferred: boolean;
  readonly hasTakenEffect: boolean;
}

interface Call extends PendingCall {
  outcome: Outcome | null;
  hasTakenEffect: boolean;
  perform: () => Promise<unknown>;
  settle: (outcome: Outcome) => void;
}

/** Every await of the code under test, held back until the walk lets it go on. */
export interface Steps {
  readonly pending: readonly PendingCall[];
  /** Stands for `perform()`; a write still takes effect when its owner has died. */
  call<T>(owner: Owner, name: string, perform: () => Promise<T>, isWrite?: boolean): Promise<T>;
  /** A synchronous piece of work that was deferred. */
  defer(owner: Owner, name: string, work: () => void): void;
  /** `perform` replaces what the call would do, for a fault. */
  takeEffect(call: PendingCall, perform?: () => Promise<unknown>): Promise<void>;
  answer(call: PendingCall): Promise<void>;
  /** The owner has died: nobody waits for its answers. */
  abandon(owner: Owner): void;
}

/** Lets everything run that waits for nothing but other promises. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function createSteps(): Steps {
  let calls: Call[] = [];
  const dead = new WeakSet<Owner>();

  const find = (call: PendingCall): Call => {
    const found = calls.find((candidate) => candidate === call);
    if (found === undefined) throw new Error(`no such call: ${call.name}`);
    return found;
  };
  const remove = (call: Call): void => {
    calls = calls.filter((candidate) => candidate !== call);
  };

  return {
    get pending() {
      return calls;
    },
    call: (owner, name, perform, isWrite = false) =>
      new Promise((resolve, reject) => {
        let value: { readonly returned: Awaited<ReturnType<typeof perform>> } | null = null;
        calls.push({
          owner,
          name,
          isWrite,
          isDeferred: false,
          hasTakenEffect: false,
          outcome: null,
          perform: async () => {
            value = { returned: await perform() };
          },
          settle: (outcome) => {
            if (outcome.ok && value !== null) resolve(value.returned);
            else reject(outcome.ok ? new Error('a fault must reject') : outcome.error);
          },
        });
      }),
    defer(owner, name, work) {
      calls.push({
        ...{ owner, name, isWrite: false, isDeferred: true, hasTakenEffect: true, outcome: { ok: true, value: null } },
        perform: async () => {},
        settle: work,
      });
    },
    async takeEffect(pending, perform) {
      const call = find(pending);
      call.hasTakenEffect = true;
      try {
        call.outcome = { ok: true, value: await (perform ?? call.perform)() };
      } catch (error) {
        call.outcome = { ok: false, error };
      }
      if (dead.has(call.owner)) remove(call);
    },
    async answer(pending) {
      const call = find(pending);
      remove(call);
      if (call.outcome !== null) call.settle(call.outcome);
      await settle();
    },
    abandon(owner) {
      dead.add(owner);
      calls = calls.filter((call) => call.owner !== owner || (call.isWrite && !call.hasTakenEffect));
    },
  };
}
