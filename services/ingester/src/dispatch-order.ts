import type { Origin } from '@dms/protocol';

/** What the order of one Discord session's dispatches says about each of them. */
export interface DispatchOrder {
  /** RESUME was sent: until RESUMED, dispatches are replayed ones. */
  resuming(): void;
  /** How the dispatch came to us; null for one that was already handed on. READY begins a new session. */
  accept(type: string, sequence: number): Origin | null;
}

export function createDispatchOrder(): DispatchOrder {
  let lastSequence = 0;
  let isResuming = false;
  return {
    resuming() {
      isResuming = true;
    },
    accept(type, sequence) {
      if (type === 'READY') lastSequence = 0;
      // Discord replays after RESUME, and may repeat itself: within a session the sequence tells.
      if (sequence <= lastSequence) return null;
      lastSequence = sequence;
      if (type === 'READY' || type === 'RESUMED') isResuming = false;
      return isResuming ? 'resume' : 'live';
    },
  };
}
