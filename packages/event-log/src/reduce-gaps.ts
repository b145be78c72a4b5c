import type { BackfillChange, CatchUpChange, GapChange } from './change.ts';
import { gapEventPayload } from './payload.ts';
import type { Entry } from './reduce.ts';

export type StoredGap = 'open' | 'closed';

export interface GapReducer {
  /** The event that the change means, if any: a gap opens once and closes once, however often it is fed. */
  reduceGap(change: GapChange): readonly Entry[];
  reduceStep(change: CatchUpChange | BackfillChange): void;
  outcome(): {
    readonly gaps: readonly GapChange[];
    readonly catchUps: readonly CatchUpChange[];
    readonly backfills: readonly BackfillChange[];
  };
}

/** Pure; `stored` has the state of every gap the batch names, or nothing for a new one. */
export function createGapReducer(stored: ReadonlyMap<string, StoredGap>): GapReducer {
  const states = new Map(stored);
  const gaps = new Map<string, GapChange>();
  const catchUps = new Map<string, CatchUpChange>();
  const backfills = new Map<string, BackfillChange>();

  const entry = (change: GapChange, type: 'GAP_OPEN' | 'GAP_CLOSE'): Entry => ({
    route: { type, guildId: change.guildId, channelId: null, parentId: null, authorId: null, messageId: null },
    origin: 'reconcile',
    payload: gapEventPayload(change, type),
    row: null,
  });

  return {
    reduceGap(change) {
      const before = states.get(change.id);
      if (before === 'closed') return [];
      const after = change.state === 'closed' ? 'closed' : 'open';
      states.set(change.id, after);
      gaps.set(change.id, change);
      if (before === undefined) {
        return after === 'open' ? [entry(change, 'GAP_OPEN')] : [entry(change, 'GAP_OPEN'), entry(change, 'GAP_CLOSE')];
      }
      return after === 'closed' ? [entry(change, 'GAP_CLOSE')] : [];
    },
    reduceStep(change) {
      if (change.kind === 'catch_up') catchUps.set(change.id, change);
      else backfills.set(`${change.id} ${change.list}`, change);
    },
    outcome: () => ({
      gaps: [...gaps.values()],
      catchUps: [...catchUps.values()],
      backfills: [...backfills.values()],
    }),
  };
}
