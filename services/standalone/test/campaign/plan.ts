import { STEPS, type Step } from '@dms/ingester';
import type { SeededRandom } from '@dms/test-kit';
import type { WireMoment } from './wire-tap.ts';

/** How one ingester is killed. */
export type Kill =
  /** By itself, at the n-th time it comes there. */
  | { readonly at: Step; readonly visit: number }
  /** While its n-th commit is with the database. */
  | { readonly at: 'statement-sent' | 'commit-unanswered'; readonly visit: number }
  /** So many milliseconds after it took the lease. */
  | { readonly at: 'any-moment'; readonly afterMs: number };

export interface Run {
  readonly kill: Kill;
  /** Whether it stood by already when the one before was killed; otherwise it is started then. */
  readonly isStandby: boolean;
  /** Whether the lease of the one before has to run out, 5 s after its death; otherwise it is ended with it. */
  readonly waitsForLease: boolean;
}

/** Where a session that is lost makes an ingester come, and nothing else does. */
const GAP_STEPS: ReadonlySet<Step> = new Set(['gap-opening', 'page-fetched', 'page-compared', 'gap-closing']);
const WIRE_MOMENTS: readonly WireMoment[] = ['statement-sent', 'commit-unanswered'];

/** Every place at which an ingester is killed while its session with Discord lives. */
export const CRASH_POINTS: readonly Kill['at'][] = [
  ...STEPS.filter((step) => !GAP_STEPS.has(step)),
  'statement-sent',
  'commit-unanswered',
  'any-moment',
];
/** Every place at which one is killed whose session has expired. */
export const GAP_CRASH_POINTS: readonly Kill['at'][] = [...GAP_STEPS];

/** How far into its work an ingester may come before it is killed there, at 500 acts a second. */
const MAX_VISITS: Readonly<Record<Exclude<Kill['at'], 'any-moment'>, number>> = {
  // Whoever finds the lease free asks no second time.
  'lease-asked': 1,
  'lease-granted': 1,
  'dispatch-received': 3_000,
  'batch-taken': 100,
  'batch-committed': 100,
  'batch-publishing': 100,
  'batch-published': 100,
  'session-stored': 100,
  'gap-opening': 1,
  'page-fetched': 12,
  // A page of each of the three channels, however little was stored before.
  'page-compared': 3,
  'gap-closing': 1,
  'channel-emptied': 1,
  'statement-sent': 100,
  'commit-unanswered': 100,
};
const MAX_MOMENT_MS = 4_000;
/** Of the runs. What is dispatched meanwhile makes the harder RESUME; the waiting itself proves nothing new each time. */
const WAITING_SHARE = 0.25;

/** `count` runs: each point in turn, in an order and at visits that the seed decides. `standbyShare`: how many of them stand by,
 *  0–1. */
export function planRuns(
  points: readonly Kill['at'][],
  count: number,
  { random, standbyShare }: { readonly random: SeededRandom; readonly standbyShare: number },
): readonly Run[] {
  const runs: Run[] = [];
  let left: Kill['at'][] = [];
  while (runs.length < count) {
    if (left.length === 0) left = [...points];
    const [at = 'any-moment'] = left.splice(random.integer(0, left.length - 1), 1);
    const kill = chooseKill(at, random);
    const isStandby = random.next() < standbyShare;
    const isWaiting = random.next() < WAITING_SHARE;
    // In a short absence less is missed than so many pages.
    runs.push({ kill, isStandby, waitsForLease: isWaiting || at === 'page-fetched' });
  }
  return runs;
}

function chooseKill(at: Kill['at'], random: SeededRandom): Kill {
  if (at === 'any-moment') return { at, afterMs: random.integer(0, MAX_MOMENT_MS) };
  return { at, visit: random.integer(1, MAX_VISITS[at]) };
}

export const isWireMoment = (at: Kill['at']): at is 'statement-sent' | 'commit-unanswered' =>
  WIRE_MOMENTS.some((moment) => moment === at);

export const describeRun = ({ kill, isStandby, waitsForLease }: Run): string => {
  const place = `${kill.at} ${'visit' in kill ? `#${kill.visit}` : `after ${kill.afterMs} ms`}`;
  return `${place}, which ${isStandby ? 'stood by' : 'was started then'}${waitsForLease ? ' and waited for the lease' : ''}`;
};
