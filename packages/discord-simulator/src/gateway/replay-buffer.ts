/** The latest dispatches of one session, kept for RESUME. */
export interface ReplayBuffer {
  /** Keeps the dispatch with the next sequence (1, 2, 3 …); the oldest goes when the buffer is full. */
  readonly push: (type: string, body: string) => void;
  /** Forgets everything up to and including `sequence`: what an acknowledgement allows a server to do. */
  readonly trim: (sequence: number) => void;
  /** True when every dispatch after `sequence` is still here. */
  readonly holdsAfter: (sequence: number) => boolean;
  /** Calls `replay` for every kept dispatch after `sequence`, in order. */
  readonly forEachAfter: (sequence: number, replay: (sequence: number, type: string, body: string) => void) => void;
}

/** A ring of `size` dispatches; 0 keeps nothing, so that every RESUME which missed something fails. */
export function createReplayBuffer(size: number): ReplayBuffer {
  const ring: { readonly type: string; readonly body: string }[] = [];
  let last = 0;
  let trimmed = 0;
  const firstKept = (): number => Math.max(last - size, trimmed) + 1;
  return {
    push: (type, body) => {
      last += 1;
      if (size > 0) ring[(last - 1) % size] = { type, body };
    },
    trim: (sequence) => {
      trimmed = Math.max(trimmed, Math.min(sequence, last));
    },
    holdsAfter: (sequence) => sequence + 1 >= firstKept(),
    forEachAfter: (sequence, replay) => {
      for (let each = sequence + 1; each <= last; each += 1) {
        const kept = ring[(each - 1) % size];
        if (kept !== undefined) replay(each, kept.type, kept.body);
      }
    },
  };
}
