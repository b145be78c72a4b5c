import { describe, expect, it } from '@jest/globals';
import {
  admitInbound,
  checkLiveness,
  createVitals,
  forgive,
  type LivenessLimits,
  noteBlocked,
} from '../../src/fan-out/liveness.ts';

const LIMITS: LivenessLimits = {
  heartbeatIntervalMs: 25_000,
  pongTimeoutMs: 15_000,
  positionIntervalMs: 15_000,
  stalledMs: 30_000,
  inboundFramesPerMinute: 120,
};

const fresh = () => createVitals(0, LIMITS.heartbeatIntervalMs, 0);

describe('liveness', () => {
  it('is quiet, then sends a position, then a ping', () => {
    expect(checkLiveness(fresh(), 1_000, LIMITS)).toBe('none');
    expect(checkLiveness(fresh(), 15_000, LIMITS)).toBe('send-position');
    expect(checkLiveness(fresh(), 25_000, LIMITS)).toBe('ping');
  });

  it('I9: ends a peer that answers no ping, within 45 s of its last sign of life', () => {
    const vitals = { ...fresh(), pingedAtMs: 25_000, positionSentAtMs: 25_000 };
    expect(checkLiveness(vitals, 39_000, LIMITS)).toBe('none');
    expect(checkLiveness(vitals, 40_001, LIMITS)).toBe('close-silent');
    expect(checkLiveness({ ...vitals, heardAtMs: 26_000 }, 40_001, LIMITS)).not.toBe('close-silent');
  });

  it('I9: ends a blocked peer only when it neither reads nor answers', () => {
    const vitals = fresh();
    noteBlocked(vitals, true, 1_000);
    expect(checkLiveness(vitals, 30_000, LIMITS)).toBe('none');
    expect(checkLiveness({ ...vitals, heardAtMs: 20_000 }, 40_000, LIMITS)).toBe('none');
    expect(checkLiveness(vitals, 31_001, LIMITS)).toBe('close-stalled');
  });

  it('I9: ends a peer that answers no ping also where pings are sent more often than answers are waited for', () => {
    const limits = { ...LIMITS, heartbeatIntervalMs: 1_000 };
    const vitals = { ...fresh(), pingedAtMs: 1_000, positionSentAtMs: 15_000 };
    expect(checkLiveness(vitals, 2_000, limits)).toBe('none');
    expect(checkLiveness(vitals, 16_001, limits)).toBe('close-silent');
  });

  it('I9: ends a half-open peer within 45 s of its last sign of life, also when its socket fills up late', () => {
    const vitals = { ...fresh(), pingedAtMs: 25_000, positionSentAtMs: 25_000 };
    noteBlocked(vitals, true, 39_000);
    expect(checkLiveness(vitals, 43_000, LIMITS)).toBe('none');
    expect(checkLiveness(vitals, 43_001, LIMITS)).toBe('close-stalled');
    expect(checkLiveness({ ...vitals, heardAtMs: 26_000 }, 43_001, LIMITS)).toBe('none');
  });

  it('judges a peer that reads again by fresh pings, not by those it could not see', () => {
    const vitals = { ...fresh(), pingedAtMs: 25_000, positionSentAtMs: 100_000 };
    noteBlocked(vitals, true, 26_000);
    noteBlocked(vitals, false, 100_000);
    expect(checkLiveness(vitals, 100_001, LIMITS)).toBe('ping');
  });

  it('forgives the time in which this process itself was frozen', () => {
    const vitals = { ...fresh(), pingedAtMs: 1, positionSentAtMs: 60_000 };
    expect(checkLiveness(vitals, 60_001, LIMITS)).toBe('close-silent');
    forgive(vitals, 59_000);
    expect(checkLiveness(vitals, 60_001, LIMITS)).toBe('none');
  });

  it('I9: admits 120 frames a minute', () => {
    const vitals = fresh();
    const admitted = Array.from({ length: 130 }, () => admitInbound(vitals, 59_999, LIMITS)).filter(Boolean);
    expect(admitted).toHaveLength(120);
    expect(admitInbound(vitals, 60_000, LIMITS)).toBe(true);
  });
});
