import { forgive, type Vitals } from './liveness.ts';

export const SWEEP_INTERVAL_MS = 1_000;

/** Looks at every peer of a door once a second, with one timer for all. When this process itself stood still, the time that
 *  was ours is forgiven first, so that a stall kills nobody. */
export function startSweep<Peer extends { readonly vitals: Vitals }>(
  peers: () => Iterable<Peer>,
  look: (peer: Peer, nowMs: number) => void,
  now = (): number => performance.now(),
): { stop(): void } {
  let sweptAtMs = now();
  const timer = setInterval(() => {
    const nowMs = now();
    const lateMs = nowMs - sweptAtMs - SWEEP_INTERVAL_MS;
    sweptAtMs = nowMs;
    for (const peer of [...peers()]) {
      if (lateMs > SWEEP_INTERVAL_MS) forgive(peer.vitals, lateMs);
      look(peer, nowMs);
    }
  }, SWEEP_INTERVAL_MS);
  return { stop: () => clearInterval(timer) };
}
