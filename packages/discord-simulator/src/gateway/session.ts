import { randomBytes } from 'node:crypto';
import type { Guild } from '../world/model.ts';
import type { WorldEvent } from '../world/world-event.ts';
import type { Identify } from './client-frame.ts';
import type { Connection } from './connection.ts';
import { intentFor, wantsContent } from './intents.ts';
import { createReplayBuffer, type ReplayBuffer } from './replay-buffer.ts';

/** One gateway session: it outlives its socket for as long as it may be resumed. */
export interface Session {
  readonly id: string;
  readonly identify: Identify;
  readonly buffer: ReplayBuffer;
  readonly openedAtMs: number;
  /** Sequence of the latest dispatch made for this session, sent or not. */
  sequence: number;
  /** The sequence carried by its latest heartbeat. */
  acknowledged: number | null;
  connection: Connection | null;
  resumable: boolean;
  resumes: number;
  /** Runs while the session has no socket. */
  expiry: NodeJS.Timeout | null;
}

/** A fresh session with Discord's 32 hexadecimal digits for a name. */
export function createSession(identify: Identify, connection: Connection, bufferSize: number): Session {
  return {
    id: randomBytes(16).toString('hex'),
    identify,
    buffer: createReplayBuffer(bufferSize),
    openedAtMs: Date.now(),
    sequence: 0,
    acknowledged: null,
    connection,
    resumable: true,
    resumes: 0,
    expiry: null,
  };
}

/** Numbers the dispatch, keeps it for RESUME, and sends it when a socket is there. */
export function sendDispatch(session: Session, type: string, body: string): void {
  session.sequence += 1;
  session.buffer.push(type, body);
  session.connection?.send(dispatchFrame(type, session.sequence, body));
}

/** The wire form. The body is spliced in as it is: encoding it once for all sessions is what makes fan-out cheap. */
export function dispatchFrame(type: string, sequence: number, body: string): string {
  return `{"t":"${type}","s":${sequence},"op":0,"d":${body}}`;
}

/** True when intents and shard entitle the session to the event. */
export function isEntitled(session: Session, event: WorldEvent): boolean {
  const intent = intentFor(event.type);
  return (intent === 0 || (session.identify.intents & intent) !== 0) && isOnShard(session, event.guild);
}

/** Discord's rule: `(guild_id >> 22) % shard_count === shard_id`. */
export function isOnShard(session: Session, guild: Guild): boolean {
  const [id, count] = session.identify.shard;
  return count === 1 || Number((BigInt(guild.id) >> 22n) % BigInt(count)) === id;
}

/** The event's body as this session sees it. */
export function bodyFor(session: Session, event: WorldEvent): string {
  if (event.strippedBody === null || wantsContent(session.identify.intents)) return event.body;
  return event.strippedBody();
}
