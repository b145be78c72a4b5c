import type { SessionState } from '../connection/live-session.ts';

const WORDS = {
  loading: 'loading',
  connecting: 'connecting',
  live: 'live',
  waiting: 'reconnecting',
  'key-needed': 'key needed',
  stopped: 'stopped',
} as const;

/** `data-state` is the kind; the title says why. */
export function showState(pill: HTMLElement, state: SessionState): void {
  if (pill.dataset.state !== state.kind) {
    pill.dataset.state = state.kind;
    pill.textContent = WORDS[state.kind];
  }
  pill.title = 'detail' in state ? state.detail : '';
}
