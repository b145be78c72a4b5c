import { afterAll, beforeAll, jest } from '@jest/globals';
import { type CampaignResult, SHIPPED, takeWalks } from './campaign.ts';
import { assertText, type LoadedCode, loadEditedCode, SMALL_BOUNDS } from './code-under-test.ts';
import { createLogTwin, TWIN_RULES } from './log-twin.ts';
import type { Mutant } from './mutants.ts';
import type { Subject } from './world.ts';

const GLANCE_MS = 0.6;

export const SEED = Number(process.env.MODEL_SEED ?? 20_261_122);

/** The shipped code on the twin. */
export const shippedSubject = (): Subject => ({
  code: SHIPPED,
  log: createLogTwin(),
  isRetriedInTerm: false,
  isHelloStored: true,
});

/** The shipped code with bounds that a short walk reaches. */
export async function boundedSubject(): Promise<Subject> {
  const { gateway } = await loadEditedCode('bounded', SMALL_BOUNDS);
  return { ...shippedSubject(), code: gateway };
}

/** The code with the mutant's rule instead of its own. */
export async function mutate(
  mutant: Omit<Mutant, 'name' | 'emphasis'>,
  id: string,
  bounds = SMALL_BOUNDS,
): Promise<Subject> {
  if (mutant.standsFor !== undefined) await assertText(mutant.standsFor.file, mutant.standsFor.text);
  const loaded: LoadedCode = await loadEditedCode(id, [...bounds, ...(mutant.edits ?? [])]);
  const rules = { ...TWIN_RULES, reduce: loaded.reduce, ...mutant.rules };
  return {
    code: loaded.gateway,
    log: createLogTwin(rules),
    isRetriedInTerm: rules.isRetriedInTerm,
    isHelloStored: mutant.isHelloUnstored !== true,
  };
}

/** Walks with the mutant until it is found. */
export async function hunt(mutant: Mutant, id: string, walks: number): Promise<CampaignResult> {
  return takeWalks(await mutate(mutant, id), { emphasis: mutant.emphasis, seed: SEED, walks });
}

/** The hub's turns measure their length; here a glance at the clock is what takes time, so that walks repeat exactly and
 *  turns end in their middle. */
export function useModelClock(): void {
  let nowMs = 0;
  const advance = (): number => {
    nowMs += GLANCE_MS;
    return nowMs;
  };
  beforeAll(() => {
    jest.spyOn(performance, 'now').mockImplementation(advance);
  });
  afterAll(() => {
    jest.restoreAllMocks();
  });
}
