import { type Change, DatabaseError, type LogReader, type LogWriter } from '@dms/event-log';
import type { LogEvent, Position } from '@dms/protocol';

export type GatewayReader = Pick<LogReader, 'read' | 'tail' | 'locate' | 'oldest' | 'positionAt'>;

export interface ModelWriter extends LogWriter {
  /** The changes are committed, but the caller only sees a lost connection. Always rejects. */
  appendUnacknowledged(changes: readonly Change[]): Promise<never>;
}

/** What the database holds, for the checks; nobody under test sees it. */
export interface LogContents {
  readonly head: Position;
  readonly isLeaseHeld: boolean;
  readonly events: readonly LogEvent[];
  readonly messages: ReadonlyMap<string, { readonly hash: string; readonly isDeleted: boolean }>;
}

/** The event log with the handles a fault needs. Implemented by the real one and by an in-memory twin. */
export interface ModelLog extends GatewayReader {
  acquire(holder: string): Promise<ModelWriter | null>;
  /** The lease of whoever holds it runs out, whether or not it is alive. */
  expireLease(): Promise<void>;
  /** Deletes the `limit` oldest events, never the newest one. */
  pruneOldest(limit: number): Promise<void>;
  /** A standby takes over that never received the last `commits` commits, term grants and prunes included. */
  failOver(commits: number): Promise<void>;
  contents(): Promise<LogContents>;
  /** An empty database, for the next walk. */
  reset(): Promise<void>;
}

/** Later than every event. */
export const FAR_FUTURE_MS = Date.UTC(2100, 0, 1);

export const connectionLost = (): DatabaseError => new DatabaseError(null, 'connection lost', null);
