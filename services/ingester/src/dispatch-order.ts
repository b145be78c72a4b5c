import type { Origin } from '@dms/protocol';

/** What the order of one Discord session's dispatches says about each of them. */
export interface DispatchOrder {
  /** RESUME was sent: until RESUMED, dispatches are replayed ones. */
  resuming(): void;
  /** How the dispatch came to us; null for one that was already handed on. READY begins a new session. */
  accept(type: string, sequence: number): Origin | null;
}

/** `lastSequence`: what was handed on before, of the session that is going to be resumed. */
export function createDispatchOrder(lastSequence = 0): DispatchOrder {
  let last = lastSequence;
  let isResuming = false;
  return {
    resuming() {
      isResuming = true;
    },
    accept(type, sequence) {
      if (type === 'READY') last = 0;
      // Discord replays after RESUME, and may repeat itself: within a session the sequence tells.
      if (sequence <= last) return null;
      last = sequence;
      if (type === 'READY' || type === 'RESUMED') isResuming = false;
      return isResuming ? 'resume' : 'live';
    },
  };
}
