/** Where a session of Discord's can be taken up again. */
export interface ResumePoint {
  readonly sessionId: string;
  readonly resumeUrl: string;
  /** Discord's sequence up to which everything is stored. */
  readonly sequence: number;
}

/** What Discord is told of its session. Discord may drop what it was told is received, so heartbeats and RESUME carry what is
 *  stored, never what merely arrived: whatever is lost on the way to the log is dispatched again. */
export interface SessionMemory {
  readonly current: ResumePoint | null;
  /** Replaces what was known. */
  begin(point: ResumePoint | null): void;
  /** Everything up to `sequence` is stored. Nothing happens for another session, or for less than is known. */
  acknowledge(sessionId: string, sequence: number): void;
}

export function createSessionMemory(): SessionMemory {
  let current: ResumePoint | null = null;
  return {
    get current() {
      return current;
    },
    begin(point) {
      current = point;
    },
    acknowledge(sessionId, sequence) {
      if (current?.sessionId !== sessionId || sequence <= current.sequence) return;
      current = { ...current, sequence };
    },
  };
}
