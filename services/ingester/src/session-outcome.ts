import type { SessionEnd } from './stay-connected.ts';

/** How one Discord session ends: once, and at the latest when something expected did not happen in time. */
export interface SessionOutcome {
  readonly isOver: boolean;
  /** Resolves with the first end. */
  readonly ended: Promise<SessionEnd>;
  /** Later calls change nothing. */
  end(how: SessionEnd): void;
  /** `retryInMs`: not sooner than that. */
  lose(reason: string, retryInMs?: number): void;
  /** Loses the session after `timeoutMs`, unless called again or `arrived` before. */
  expect(timeoutMs: number): void;
  /** What is expected is on its way: the time begins anew. Does nothing when nothing is expected. */
  heard(): void;
  arrived(): void;
}

export function createSessionOutcome(): SessionOutcome {
  let isOver = false;
  let deadline: NodeJS.Timeout | undefined;
  let settle = (_how: SessionEnd): void => {};
  const ended = new Promise<SessionEnd>((resolve) => {
    settle = resolve;
  });
  const end = (how: SessionEnd): void => {
    isOver = true;
    clearTimeout(deadline);
    deadline = undefined;
    settle(how);
  };
  const lose = (reason: string, retryInMs = 0): void => end({ kind: 'lost', reason, retryInMs });
  return {
    get isOver() {
      return isOver;
    },
    ended,
    end,
    lose,
    expect(timeoutMs) {
      clearTimeout(deadline);
      if (!isOver) deadline = setTimeout(() => lose('Discord did not answer in time'), timeoutMs);
    },
    heard: () => void deadline?.refresh(),
    arrived() {
      clearTimeout(deadline);
      deadline = undefined;
    },
  };
}
