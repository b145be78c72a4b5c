import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { takeWalks } from './campaign.ts';
import { createLockstepLog } from './lockstep-log.ts';
import { createLogTwin } from './log-twin.ts';
import { boundedSubject, SEED, useModelClock } from './mutant-walks.ts';
import { openRealLog, type RealLog } from './real-log.ts';

const WALKS = Number(process.env.MODEL_REAL_WALKS ?? 12);
const TIMEOUT_MS = 600_000;

describe('the delivery protocol on the real log', () => {
  useModelClock();
  let real: RealLog;

  beforeAll(async () => {
    real = await openRealLog();
  }, TIMEOUT_MS);
  afterAll(() => real.close());

  it(
    'I1–I8: every walk keeps the promises on real SQL, and the in-memory twin answers exactly like it',
    async () => {
      const log = createLockstepLog(real, createLogTwin());
      const subject = { ...(await boundedSubject()), log };
      const { failure, walks, steps } = await takeWalks(subject, { emphasis: 'everything', seed: SEED, walks: WALKS });
      process.stdout.write(
        `model on real SQL: seed ${SEED}, ${walks} walks, ${steps} steps, ${log.comparisons} answers compared\n`,
      );
      expect(failure).toBeNull();
      expect(log.comparisons).toBeGreaterThan(walks);
    },
    TIMEOUT_MS,
  );
});
