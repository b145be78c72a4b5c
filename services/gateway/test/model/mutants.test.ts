import { describe, expect, it } from '@jest/globals';
import { type EmphasisName, takeWalks } from './campaign.ts';
import { boundedSubject, hunt, SEED, useModelClock } from './mutant-walks.ts';
import { FOUND_BUGS, type Mutant, NAIVE_RULES } from './mutants.ts';

/** Every mutant must be found within this many walks. */
const MAX_WALKS = 600;
const TIMEOUT_MS = 120_000;

describe('the walks can fail', () => {
  useModelClock();
  const found = new Map<EmphasisName, number>();

  const isFound = async (mutant: Mutant, id: string): Promise<void> => {
    const { walks, failure } = await hunt(mutant, id, MAX_WALKS);
    process.stdout.write(`mutant: ${walks} walks, ${mutant.name}: ${failure ?? 'NOT FOUND'}\n`);
    expect(failure).not.toBeNull();
    found.set(mutant.emphasis, Math.max(walks, found.get(mutant.emphasis) ?? 0));
  };

  it.each(NAIVE_RULES)(
    'mutant: $name',
    (mutant) => isFound(mutant, `naive-${NAIVE_RULES.indexOf(mutant)}`),
    TIMEOUT_MS,
  );

  it.each(FOUND_BUGS)(
    'once a bug: $name',
    (mutant) => isFound(mutant, `bug-${FOUND_BUGS.indexOf(mutant)}`),
    TIMEOUT_MS,
  );

  it(
    'the code as it is passes the very walks that found them',
    async () => {
      const subject = await boundedSubject();
      for (const [emphasis, walks] of found) {
        expect({ emphasis, ...(await takeWalks(subject, { emphasis, seed: SEED, walks })) }).toMatchObject({
          failure: null,
        });
      }
      expect(found.size).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});
