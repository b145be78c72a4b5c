import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CampaignResult, type EmphasisName, explain, takeWalks } from './campaign.ts';
import { addCounts, type Counts, missingCounts } from './counts.ts';
import { boundedSubject, SEED, shippedSubject, useModelClock } from './mutant-walks.ts';
import type { Subject } from './world.ts';

/** `MODEL_WALKS=20000 MODEL_SEED=7` walks longer, elsewhere. */
const WALKS = Number(process.env.MODEL_WALKS ?? 250);
const TIMEOUT_MS = Math.max(120_000, WALKS * 200);

describe('the delivery protocol', () => {
  useModelClock();
  const counts: Counts = new Map();
  let bounded: Subject;
  let steps = 0;
  let walks = 0;

  beforeAll(async () => {
    bounded = await boundedSubject();
  });

  const keepsItsPromises = async (subject: Subject, emphasis: EmphasisName, share: number): Promise<void> => {
    const options = { emphasis, seed: SEED, walks: Math.ceil(WALKS * share) };
    const result: CampaignResult = await takeWalks(subject, options);
    steps += result.steps;
    walks += result.walks;
    addCounts(counts, result.counts);
    if (result.failure !== null) throw new Error(`${result.failure}\n${await explain(subject, options)}`);
  };

  it('I1–I8: keeps its promises on every walk', () => keepsItsPromises(shippedSubject(), 'everything', 1), TIMEOUT_MS);

  it(
    'I1–I8: keeps them when every bound is a few events away',
    () => keepsItsPromises(bounded, 'everything', 1),
    TIMEOUT_MS,
  );

  it(
    'I2, I6: keeps them when the database loses commits again and again',
    () => keepsItsPromises(bounded, 'failovers', 0.5),
    TIMEOUT_MS,
  );

  it('I9: a crowd on small bounds is served', () => keepsItsPromises(bounded, 'a crowd', 0.5), TIMEOUT_MS);

  it('the walks met every fault and every way to resume', () => {
    expect(missingCounts(counts)).toEqual([]);
  });

  afterAll(() => {
    const told = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, times]) => `${what} ${times}`);
    process.stdout.write(`model: seed ${SEED}, ${walks} walks, ${steps} steps; ${told.join(', ')}\n`);
  });
});
