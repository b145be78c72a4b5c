import { eventually } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { checkLiveness, createVitals, type LivenessAction, type LivenessLimits } from '../../src/fan-out/liveness.ts';
import { startSweep } from '../../src/fan-out/sweep.ts';

const LIMITS: LivenessLimits = {
  heartbeatIntervalMs: 25_000,
  pongTimeoutMs: 15_000,
  positionIntervalMs: 15_000,
  stalledMs: 30_000,
  inboundFramesPerMinute: 120,
};

describe('the sweep', () => {
  it('kills nobody after a stall of this process, neither who was waiting for a ping’s answer nor who was blocked', async () => {
    let stalledMs = 0;
    const now = (): number => performance.now() + stalledMs;
    const pinged = { vitals: { ...createVitals(now(), LIMITS.heartbeatIntervalMs, 0), pingedAtMs: now() + 1 } };
    const blocked = { vitals: { ...createVitals(now(), LIMITS.heartbeatIntervalMs, 0), blockedSinceMs: now() } };
    const verdicts: LivenessAction[] = [];
    const sweep = startSweep(
      () => [pinged, blocked],
      ({ vitals }, nowMs) => verdicts.push(checkLiveness(vitals, nowMs, LIMITS)),
      now,
    );
    // As if the process had stood still until the next sweep.
    stalledMs = 120_000;
    await eventually(() => expect(verdicts.length).toBeGreaterThanOrEqual(4));
    sweep.stop();
    expect(verdicts.filter((verdict) => verdict.startsWith('close'))).toEqual([]);
  });
});
