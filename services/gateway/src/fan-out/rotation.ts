import type { Connection } from './connection.ts';
import type { SharedLog } from './shared-log.ts';

/** Who reads a shared log live, and whose turn it is. Logs with news take turns; inside a log, so do its connections. */
export interface Rotation {
  add(log: SharedLog, connection: Connection): void;
  /** Does nothing when the connection is not live on that log. */
  remove(log: SharedLog, connection: Connection): void;
  /** A copy: the caller may remove while iterating. */
  members(log: SharedLog): readonly Connection[];
  hasMembers(log: SharedLog): boolean;
  /** The log has news: every member is visited once more. */
  wake(log: SharedLog): void;
  /** Visits up to `count` connections. True while visits are outstanding. */
  visit(count: number): boolean;
}

interface Ring {
  readonly members: Connection[];
  readonly slots: Map<Connection, number>;
  next: number;
  /** Visits still owed since the last news. */
  owed: number;
}

/** `pump` gives one live connection everything it lacks; visiting one that lacks nothing costs next to nothing. */
export function createRotation(pump: (connection: Connection) => void): Rotation {
  const rings = new Map<SharedLog, Ring>();
  const awake: Ring[] = [];

  const visitOne = (ring: Ring): void => {
    ring.owed -= 1;
    if (ring.next >= ring.members.length) ring.next = 0;
    const connection = ring.members[ring.next];
    ring.next += 1;
    if (connection !== undefined) pump(connection);
  };

  return {
    add(log, connection) {
      const ring: Ring = rings.get(log) ?? { members: [], slots: new Map(), next: 0, owed: 0 };
      rings.set(log, ring);
      if (ring.slots.has(connection)) return;
      ring.slots.set(connection, ring.members.length);
      ring.members.push(connection);
      // It has everything already, but stands in the way of the round: its visit must not be at another one's cost.
      if (ring.owed > 0) ring.owed += 1;
    },
    remove(log, connection) {
      const ring = rings.get(log);
      const slot = ring?.slots.get(connection);
      if (ring === undefined || slot === undefined) return;
      ring.slots.delete(connection);
      const moved = ring.members.pop();
      if (ring.members.length === 0) rings.delete(log);
      if (moved === undefined || moved === connection) return;
      ring.members[slot] = moved;
      ring.slots.set(moved, slot);
      // It may have moved to a place that this round has already passed.
      pump(moved);
    },
    members: (log) => [...(rings.get(log)?.members ?? [])],
    hasMembers: (log) => rings.has(log),
    wake(log) {
      const ring = rings.get(log);
      if (ring === undefined) return;
      if (ring.owed <= 0) awake.push(ring);
      ring.owed = ring.members.length;
    },
    visit(count) {
      const ring = awake.shift();
      if (ring === undefined) return false;
      for (let visits = 0; visits < count && ring.owed > 0; visits += 1) visitOne(ring);
      if (ring.owed > 0) awake.push(ring);
      return awake.length > 0;
    },
  };
}
