/** What the server knows about a peer, in milliseconds on the monotonic clock. */
export interface Vitals {
  heardAtMs: number;
  pingedAtMs: number;
  positionSentAtMs: number;
  /** Since when the peer has not taken bytes; null while it does. */
  blockedSinceMs: number | null;
  inboundFrames: number;
  inboundWindowAtMs: number;
}

/** How long a peer may take no bytes and give no sign of life. */
export const STALLED_MS = 30_000;

/** What a peer whose ping is overdue gets to take bytes again. With the heartbeat and the time for the pong it is 43 s. */
const BLOCKED_GRACE_MS = 3_000;

export interface LivenessLimits {
  readonly heartbeatIntervalMs: number;
  /** How long a ping may stay unanswered. */
  readonly pongTimeoutMs: number;
  readonly positionIntervalMs: number;
  /** A blocked peer that has also been silent for this long neither reads nor progresses. */
  readonly stalledMs: number;
  readonly inboundFramesPerMinute: number;
}

export type LivenessAction = 'none' | 'ping' | 'send-position' | 'close-silent' | 'close-stalled';

/** `spread` (0–1) places the first ping, so that a thousand clients of one reconnect storm do not beat together. */
export function createVitals(nowMs: number, heartbeatIntervalMs: number, spread: number): Vitals {
  return {
    heardAtMs: nowMs,
    pingedAtMs: nowMs - Math.floor(spread * heartbeatIntervalMs),
    positionSentAtMs: nowMs,
    blockedSinceMs: null,
    inboundFrames: 0,
    inboundWindowAtMs: nowMs,
  };
}

/** Decides what a peer needs now; called about once a second for each. */
export function checkLiveness(vitals: Readonly<Vitals>, nowMs: number, limits: LivenessLimits): LivenessAction {
  const { blockedSinceMs, heardAtMs, pingedAtMs } = vitals;
  if (blockedSinceMs !== null) {
    // It had answered no ping before it stopped taking bytes: half-open rather than slow.
    const wasSilent = heardAtMs < pingedAtMs && pingedAtMs <= blockedSinceMs;
    if (wasSilent && nowMs - pingedAtMs > limits.pongTimeoutMs + BLOCKED_GRACE_MS) return 'close-stalled';
    const silentMs = nowMs - Math.max(blockedSinceMs, heardAtMs);
    // A peer busy reading a backlog answers no ping before it has read what lies in front of it.
    return silentMs > limits.stalledMs ? 'close-stalled' : 'none';
  }
  const isPingOpen = heardAtMs < pingedAtMs;
  if (isPingOpen && nowMs - pingedAtMs > limits.pongTimeoutMs) return 'close-silent';
  // One at a time: with a short interval a later ping would hide that an earlier one was never answered.
  if (!isPingOpen && nowMs - pingedAtMs >= limits.heartbeatIntervalMs) return 'ping';
  return nowMs - vitals.positionSentAtMs >= limits.positionIntervalMs ? 'send-position' : 'none';
}

/** Notes whether the peer takes bytes. After a blocked spell it gets a fresh ping before it is judged by old ones. */
export function noteBlocked(vitals: Vitals, isBlocked: boolean, nowMs: number): void {
  if (isBlocked) {
    vitals.blockedSinceMs ??= nowMs;
  } else if (vitals.blockedSinceMs !== null) {
    vitals.blockedSinceMs = null;
    vitals.heardAtMs = nowMs;
  }
}

/** After a stall of this process everybody looks silent: forgive the time that was ours. */
export function forgive(vitals: Vitals, lateMs: number): void {
  vitals.heardAtMs += lateMs;
  vitals.pingedAtMs += lateMs;
  if (vitals.blockedSinceMs !== null) vitals.blockedSinceMs += lateMs;
}

/** Counts an inbound frame; false when the peer exceeded its minute. */
export function admitInbound(vitals: Vitals, nowMs: number, limits: LivenessLimits): boolean {
  if (nowMs - vitals.inboundWindowAtMs >= 60_000) {
    vitals.inboundWindowAtMs = nowMs;
    vitals.inboundFrames = 0;
  }
  vitals.inboundFrames += 1;
  return vitals.inboundFrames <= limits.inboundFramesPerMinute;
}
