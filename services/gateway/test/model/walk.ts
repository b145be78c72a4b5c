import { type Action, type Pace, possibleActions } from './actions.ts';
import type { Counts, Fault } from './counts.ts';
import { comeToRest, drain } from './quiescence.ts';
import { settle } from './steps.ts';
import { createWorld, type Setup, type Subject } from './world.ts';

export interface Beginning {
  /** Begins with everybody up and connected instead of with nothing. */
  readonly isWarm: boolean;
  readonly maxChanges: number;
}

export interface Directions extends Setup, Beginning {
  readonly steps: readonly string[];
}

/** A walk: a beginning and every choice made after it. Both shrink. */
export interface WalkPlan extends Setup, Beginning {
  readonly maxFaults: number;
  /** Kinds of faults that come more often than the others. */
  readonly favoured: readonly Fault[];
  /** No other faults happen. */
  readonly isOnlyFavoured: boolean;
  /** How much more often than at the slowest each kind of action happens. */
  readonly paces: Readonly<Record<Pace, number>>;
  /** Each picks one of the actions that are possible then. */
  readonly choices: readonly number[];
}

export type Report = (step: string) => void;

export interface WalkReport {
  readonly steps: number;
  readonly counts: Counts;
}

/** A favoured fault is this many times likelier than the others. */
const FAVOUR = 20;

/** Lets the system under test take one walk and checks every promise on the way. @throws Violation */
export async function takeWalk(plan: WalkPlan, subject: Subject, report: Report = () => {}): Promise<WalkReport> {
  const isAllowed = (fault: Fault): boolean => !plan.isOnlyFavoured || plan.favoured.includes(fault);
  let faults = 0;
  return walk(plan, subject, report, plan.choices, (possible, choice) => {
    const isFaultLeft = faults < plan.maxFaults;
    const allowed = possible.filter(({ fault }) => fault === null || (isFaultLeft && isAllowed(fault)));
    const chosen = choose(allowed, plan, choice);
    if (chosen.action.fault !== null) faults += 1;
    return chosen;
  });
}

const MAX_REPEATS = 20;

/** A walk whose steps are named instead of left to chance: `name` or `name #pick` once, `*name` as often as it can happen. */
export function takeDirectedWalk(setup: Directions, subject: Subject, report: Report = () => {}): Promise<WalkReport> {
  const steps = setup.steps.flatMap((step) =>
    step.startsWith('*') ? Array.from({ length: MAX_REPEATS }, () => step) : [step],
  );
  return walk(setup, subject, report, steps, (possible, step) => {
    const [name, pick] = step.replace('*', '').split(' #');
    const action = possible.find((candidate) => candidate.name === name);
    if (action === undefined && step.startsWith('*')) return null;
    if (action === undefined)
      throw new Error(`"${name}" cannot happen; ${possible.map((other) => other.name).join(', ')} can`);
    return { action, pick: Number(pick ?? 0) };
  });
}

type Choose<T> = (possible: readonly Action[], choice: T) => { readonly action: Action; readonly pick: number } | null;

async function walk<T>(
  setup: Setup & Beginning,
  subject: Subject,
  report: Report,
  choices: readonly T[],
  chooseAction: Choose<T>,
): Promise<WalkReport> {
  await subject.log.reset();
  const world = createWorld(setup, subject);
  let steps = setup.isWarm ? await drain(world, report) : 0;
  for (const choice of choices) {
    const chosen = chooseAction(possibleActions(world, setup.maxChanges), choice);
    if (chosen === null) continue;
    const { action, pick } = chosen;
    report(action.name);
    steps += 1;
    await action.run(pick);
    await settle();
    world.check();
  }
  report('— faults end —');
  steps += await comeToRest(world, report);
  for (const gateway of world.gateways) addFeedCounts(world.counts, gateway?.feed.counters.divergences ?? 0);
  return { steps, counts: world.counts };
}

function addFeedCounts(counts: Counts, divergences: number): void {
  if (divergences > 0) counts.set('divergence', (counts.get('divergence') ?? 0) + divergences);
}

function choose(actions: readonly Action[], { paces, favoured, isOnlyFavoured }: WalkPlan, choice: number) {
  const weigh = ({ pace, weight, fault }: Action): number =>
    weight * paces[pace] * (fault !== null && !isOnlyFavoured && favoured.includes(fault) ? FAVOUR : 1);
  const total = actions.reduce((sum, action) => sum + weigh(action), 0);
  let left = choice % total;
  for (const action of actions) {
    left -= weigh(action);
    if (left < 0) return { action, pick: Math.floor(choice / total) };
  }
  throw new Error('nothing can happen');
}
