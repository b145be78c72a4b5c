/** Caps on open connections; 0 = none. */
export interface PlaceCaps {
  /** Of one address, on all replicas together. */
  readonly perAddress: number;
  /** On all replicas together. */
  readonly total: number;
  /** On this replica, whatever the others hold. */
  readonly perReplica: number;
}

export type PlaceRefusal = 'per-address' | 'total' | 'replica-full';
export type PlaceAnswer = { readonly ok: true } | { readonly ok: false; readonly reason: PlaceRefusal };

/** How often something happened in its current window. */
export interface WindowCount {
  readonly hits: number;
  /** Until the window ends and counting begins anew. */
  readonly resetMs: number;
}

export interface ReplicaReport {
  readonly replicaId: string;
  /** What that replica last said with `report`. */
  readonly text: string;
}

/** What the replicas of one deployment count together, so that a limit holds for all of them. Asking costs one round trip.
 *
 *  Every replica holds its counts under a lease of its own: of one that died they vanish with it. While the store is away each
 *  replica goes on with what it counts itself, exactly but for itself alone; nobody who was let in is turned out when the
 *  store comes back, so a sum may then stand above its cap until enough have left. Nothing here ever rejects. */
export interface SharedCounts {
  readonly replicaId: string;
  /** Counted together with the other replicas right now; false = alone. */
  readonly isShared: boolean;
  /** From how many addresses the places of this replica are held. */
  readonly addresses: number;
  /** Takes a place or says which cap is reached. Exact: takes at the same moment, here or on other replicas, never exceed a cap. */
  takePlace(address: string): Promise<PlaceAnswer>;
  /** Exactly once for each place that was taken. */
  givePlace(address: string): void;
  /** Counts one hit of `key` in a window that begins with its first. */
  hit(key: string, windowMs: number): Promise<WindowCount>;
  /** What the other replicas may read of this one, from the next second on; small, it is sent once a second. */
  report(text: string): void;
  /** The latest reports of the other living replicas; none while alone. */
  readReports(): Promise<readonly ReplicaReport[]>;
  /** Gives everything back. */
  close(): Promise<void>;
}
