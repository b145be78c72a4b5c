import type { Connection } from './gateway/connection.ts';
import type { Gateway } from './gateway/gateway.ts';
import type { Session } from './gateway/session.ts';

/** One socket, from its opening to its end. Times are RFC 3339. */
export interface ConnectionReport {
  readonly id: number;
  readonly session_id: string | null;
  /** What the client greeted with. */
  readonly greeting: 'none' | 'identify' | 'resume';
  readonly via_resume_url: boolean;
  readonly opened_at: string;
  readonly closed_at: string | null;
  readonly close_code: number | null;
  readonly closed_by: 'simulator' | 'client' | null;
  readonly sent_dispatches: number;
  /** Bytes accepted for this socket and not yet taken by the client. */
  readonly unsent_bytes: number;
  /** The sequence each heartbeat carried, the latest 1,000. */
  readonly heartbeats: readonly { readonly at: string; readonly sequence: number | null }[];
}

/** One session that lives or may still be resumed. */
export interface SessionReport {
  readonly session_id: string;
  readonly connected: boolean;
  readonly intents: number;
  readonly shard: readonly [number, number];
  readonly sequence: number;
  readonly acknowledged: number | null;
  readonly resumes: number;
  readonly opened_at: string;
}

/** What clients did to the gateway since the start. */
export interface SessionsReport {
  readonly identifies: number;
  readonly resumes: number;
  readonly sessions: readonly SessionReport[];
  readonly connections: readonly ConnectionReport[];
}

export function reportSessions(gateway: Gateway): SessionsReport {
  return {
    identifies: gateway.counts.identifies,
    resumes: gateway.counts.resumes,
    sessions: [...gateway.sessions.values()].map(reportSession),
    connections: gateway.connections.map(reportConnection),
  };
}

function reportSession(session: Session): SessionReport {
  return {
    session_id: session.id,
    connected: session.connection !== null,
    intents: session.identify.intents,
    shard: session.identify.shard,
    sequence: session.sequence,
    acknowledged: session.acknowledged,
    resumes: session.resumes,
    opened_at: new Date(session.openedAtMs).toISOString(),
  };
}

function reportConnection(connection: Connection): ConnectionReport {
  return {
    id: connection.id,
    session_id: connection.sessionId,
    greeting: connection.greeting,
    via_resume_url: connection.viaResumeUrl,
    opened_at: new Date(connection.openedAtMs).toISOString(),
    closed_at: connection.closedAtMs === null ? null : new Date(connection.closedAtMs).toISOString(),
    close_code: connection.closeCode,
    closed_by: connection.closedBy,
    sent_dispatches: connection.sentDispatches,
    unsent_bytes: connection.socket.bufferedAmount,
    heartbeats: connection.heartbeats.map(({ atMs, sequence }) => ({ at: new Date(atMs).toISOString(), sequence })),
  };
}
