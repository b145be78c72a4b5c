import fc from 'fast-check';
import { sendPosition } from '../../src/fan-out/connection.ts';
import { createHub } from '../../src/fan-out/hub.ts';
import { attach } from '../../src/feed/attach.ts';
import { createFeed } from '../../src/feed/feed.ts';
import { createLogPages } from '../../src/feed/log-pages.ts';
import { receiveFrame } from '../../src/websocket/session.ts';
import type { GatewayCode } from './code-under-test.ts';
import { addCounts, type Counts, type Fault } from './counts.ts';
import { takeWalk, type WalkPlan } from './walk.ts';
import type { Subject } from './world.ts';

/** The gateway as it is shipped. */
export const SHIPPED: GatewayCode = { attach, sendPosition, createFeed, createHub, createLogPages, receiveFrame };

/** Which walks to take; the same emphasis and seed give the same walks. */
export interface Emphasis {
  readonly favoured: readonly Fault[];
  readonly maxFaults: number;
  /** What the walks have in common instead of leaving it to chance. */
  readonly common?: Partial<Omit<WalkPlan, 'paces' | 'choices'>>;
  readonly paces?: Partial<WalkPlan['paces']>;
}

const NEVER_BLOCKED = Number.POSITIVE_INFINITY;
const [RARELY, SELDOM, OFTEN, ALWAYS] = [1, 2, 8, 32];
const LIVELY = {
  calls: ALWAYS,
  answers: ALWAYS,
  turns: ALWAYS,
  hints: ALWAYS,
  writers: ALWAYS,
  news: OFTEN,
  arrivals: ALWAYS,
};

export const EMPHASES: Readonly<Record<EmphasisName, Emphasis>> = {
  everything: { favoured: [], maxFaults: 10 },
  'no faults': { favoured: [], maxFaults: 0 },
  failovers: { favoured: ['failover'], maxFaults: 6 },
  'lost acknowledgements': { favoured: ['lost acknowledgement'], maxFaults: 20 },
  'lost acknowledgements and failovers': {
    favoured: ['lost acknowledgement', 'failover'],
    maxFaults: 20,
    common: { gateways: 1, clients: 1 },
    paces: { writers: ALWAYS, news: ALWAYS },
  },
  'hopping clients': {
    favoured: ['client drop'],
    maxFaults: 20,
    common: { gateways: 2, clients: 2, isEverybodyUnfiltered: true, isOnlyFavoured: true },
    paces: { ...LIVELY, faults: ALWAYS, ticks: SELDOM, hints: OFTEN },
  },
  pruning: { favoured: ['prune'], maxFaults: 8 },
  'read errors': { favoured: ['read error'], maxFaults: 20 },
  'lost subscriptions': { favoured: ['lost subscription'], maxFaults: 4 },
  'a crowd': {
    favoured: [],
    maxFaults: 0,
    common: { gateways: 1, clients: 4, isEverybodyUnfiltered: false, highWaterFrames: NEVER_BLOCKED },
    paces: { turns: SELDOM, talk: ALWAYS, reading: ALWAYS, writers: ALWAYS, hints: ALWAYS, news: OFTEN },
  },
  'slow pages': {
    favoured: [],
    maxFaults: 0,
    common: { gateways: 1, clients: 2, ringEvents: 2, maxChanges: 40, isEverybodyUnfiltered: true },
    paces: { ...LIVELY, pages: SELDOM },
  },
  'unnoticed failovers': {
    favoured: ['failover'],
    maxFaults: 3,
    common: {
      gateways: 1,
      clients: 2,
      ringEvents: 2,
      maxChanges: 40,
      isEverybodyUnfiltered: true,
      isOnlyFavoured: true,
    },
    paces: { ...LIVELY, faults: SELDOM, ticks: RARELY, hints: OFTEN },
  },
};
export type EmphasisName =
  | 'everything'
  | 'no faults'
  | 'failovers'
  | 'lost acknowledgements'
  | 'lost acknowledgements and failovers'
  | 'hopping clients'
  | 'pruning'
  | 'read errors'
  | 'lost subscriptions'
  | 'a crowd'
  | 'slow pages'
  | 'unnoticed failovers';

const MAX_STEPS_WITH_FAULTS = 250;

/** Without fast-check's bias towards small numbers: here they would only mean the first action of the list. */
const unbiased = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> => fc.noBias(arbitrary);
const pace = unbiased(fc.constantFrom(8, 32, 2));
const paces: fc.Arbitrary<WalkPlan['paces']> = fc.record({
  ...{ calls: pace, answers: pace, pages: pace, turns: pace, hints: pace, writers: pace, ticks: pace, reading: pace },
  ...{ arrivals: pace, talk: pace, news: pace },
  faults: unbiased(fc.constantFrom(2, 4, 1)),
});

export function planArbitrary({ favoured, maxFaults, common, paces: fixed }: Emphasis): fc.Arbitrary<WalkPlan> {
  const chance = fc.record({
    gateways: fc.integer({ min: 1, max: 3 }),
    ringEvents: fc.integer({ min: 2, max: 3 }),
    highWaterFrames: fc.constantFrom(Number.POSITIVE_INFINITY, 2, 1),
    clients: fc.integer({ min: 1, max: 3 }),
    isEverybodyUnfiltered: fc.boolean(),
    isCompressed: fc.boolean(),
    isWarm: unbiased(fc.constantFrom(false, true, true)),
    maxChanges: fc.integer({ min: 2, max: 24 }),
    maxFaults: fc.integer({ min: Math.min(1, maxFaults), max: maxFaults }),
    favoured: fc.constant(favoured),
    isOnlyFavoured: fc.constant(false),
    paces,
    choices: unbiased(fc.array(fc.nat(2 ** 30), { maxLength: MAX_STEPS_WITH_FAULTS, size: 'max' })),
  });
  return chance.map((plan) => ({ ...plan, ...common, paces: { ...plan.paces, ...fixed } }));
}

export interface CampaignResult {
  /** Walks taken; the last one failed if there is a failure. */
  readonly walks: number;
  readonly steps: number;
  readonly counts: Counts;
  /** The broken promise; null when none was. */
  readonly failure: string | null;
  readonly plan: WalkPlan | null;
}

export interface CampaignOptions {
  readonly emphasis: EmphasisName;
  readonly seed: number;
  readonly walks: number;
}

/** Takes walks until one breaks a promise. Deterministic for a seed. */
export async function takeWalks(subject: Subject, { emphasis, seed, walks }: CampaignOptions): Promise<CampaignResult> {
  const counts: Counts = new Map();
  let steps = 0;
  const property = fc.asyncProperty(planArbitrary(EMPHASES[emphasis]), async (plan) => {
    const report = await takeWalk(plan, subject);
    steps += report.steps;
    addCounts(counts, report.counts);
  });
  const { failed, numRuns, errorInstance, counterexample } = await fc.check(property, {
    ...{ seed, numRuns: walks, endOnFailure: true },
  });
  const failure = failed ? String(errorInstance instanceof Error ? errorInstance.message : errorInstance) : null;
  return { walks: numRuns, steps, counts, failure, plan: counterexample?.[0] ?? null };
}

const SHRINK_MS = 20_000;

/** The shortest walk found within some seconds that breaks a promise too, told step by step. */
export async function explain(subject: Subject, { emphasis, seed, walks }: CampaignOptions): Promise<string> {
  const property = fc.asyncProperty(planArbitrary(EMPHASES[emphasis]), async (plan) => {
    await takeWalk(plan, subject);
  });
  const options = { seed, numRuns: walks, interruptAfterTimeLimit: SHRINK_MS, skipAllAfterTimeLimit: SHRINK_MS };
  const { counterexample } = await fc.check(property, options);
  const plan = counterexample?.[0];
  if (plan === undefined) return `seed ${seed}, ${emphasis}: not reproduced within ${SHRINK_MS} ms`;
  const steps: string[] = [];
  const failure = await takeWalk(plan, subject, (step) => steps.push(step)).then(
    () => 'nothing',
    (error: unknown) => String(error),
  );
  return `seed ${seed}, ${emphasis}\n${JSON.stringify(plan)}\n${steps.join('\n')}\n${failure}`;
}
