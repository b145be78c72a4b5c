import { compareSnowflakes } from '@dms/protocol';
import type { StoredState } from './reduce.ts';

/** The states of the newest messages, complete above a floor, so that new messages and recent edits need no lookup.
 *  True only while one writer's term holds; a fenced writer's window is thrown away. */
export interface StateWindow {
  /** Null: certainly not stored. Undefined: at or below the floor, ask the database. */
  find(id: string): StoredState | null | undefined;
  /** Records what was just committed. A message at or below the floor is not kept. */
  remember(id: string, state: StoredState): void;
  readonly size: number;
}

/** At about 0.2 kB each. At this size the older half is dropped. */
export const MAX_WINDOW_STATES = 20_000;
/** Read when a writer starts. */
export const INITIAL_WINDOW_STATES = 5_000;

/** `newest` holds the stored messages with the highest ids; `isEverything` when there are no others. */
export function createStateWindow(
  newest: ReadonlyMap<string, StoredState>,
  isEverything: boolean,
  maxStates = MAX_WINDOW_STATES,
): StateWindow {
  const states = new Map(newest);
  let floor = isEverything ? null : ([...states.keys()].sort(compareSnowflakes)[0] ?? null);

  const isAboveFloor = (id: string): boolean => floor === null || compareSnowflakes(id, floor) > 0;
  const evictOlderHalf = () => {
    const oldestFirst = [...states.keys()].sort(compareSnowflakes);
    const evicted = oldestFirst.slice(0, Math.ceil(oldestFirst.length / 2));
    for (const id of evicted) states.delete(id);
    floor = evicted.at(-1) ?? floor;
  };
  return {
    find(id) {
      const state = states.get(id);
      if (state !== undefined) return state;
      return isAboveFloor(id) ? null : undefined;
    },
    remember(id, state) {
      if (!states.has(id) && !isAboveFloor(id)) return;
      states.set(id, state);
      if (states.size > maxStates) evictOlderHalf();
    },
    get size() {
      return states.size;
    },
  };
}
