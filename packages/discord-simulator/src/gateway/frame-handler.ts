import { GatewayCloseCodes, GatewayOpcodes } from 'discord-api-types/v10';
import { guildCreate } from '../world/guild-object.ts';
import { type Identify, parseClientFrame, type Resume } from './client-frame.ts';
import type { Connection } from './connection.ts';
import type { GatewayOptions } from './gateway.ts';
import { wantsContent } from './intents.ts';
import { readyObject } from './ready-object.ts';
import { createSession, dispatchFrame, isEntitled, isOnShard, type Session, sendDispatch } from './session.ts';

/** What frames act on beyond the gateway's options. */
export interface FrameHandlerOptions extends GatewayOptions {
  readonly sessions: Map<string, Session>;
  readonly counts: { identifies: number; resumes: number };
  readonly endSession: (session: Session) => void;
}

/** Answers one client frame at a time, as Discord would, or as an armed fault wants it. */
export function createFrameHandler(options: FrameHandlerOptions): (connection: Connection, text: string) => void {
  const { faults, sessions } = options;

  const heartbeat = (connection: Connection, sequence: number | null): void => {
    connection.beat(sequence);
    const { session } = connection;
    if (session !== null && sequence !== null) {
      session.acknowledged = sequence;
      if (options.trimOnHeartbeat) session.buffer.trim(sequence);
    }
    if (faults.take('no_ack') === undefined) connection.sendOp(GatewayOpcodes.HeartbeatAck, null);
  };

  const identify = (connection: Connection, request: Identify): void => {
    options.counts.identifies += 1;
    connection.greeting = 'identify';
    const refusal = faults.take('refuse_identify');
    if (refusal !== undefined) {
      refuseWith(connection, 'code' in refusal.spec ? refusal.spec.code : undefined);
      return;
    }
    const verdict = options.budget.spend(request.token, request.shard[0]);
    if (verdict === 'too_soon') {
      invalidate(connection, false);
      return;
    }
    if (verdict === 'exhausted') {
      options.onTokenReset(request.token);
      connection.close(GatewayCloseCodes.AuthenticationFailed, 'Authentication failed.');
      return;
    }
    const session = createSession(request, connection, options.resumeBufferSize);
    sessions.set(session.id, session);
    attach(connection, session);
    welcome(options, connection, session);
    options.onReady(session);
  };

  const resume = (connection: Connection, request: Resume): void => {
    options.counts.resumes += 1;
    connection.greeting = 'resume';
    connection.sessionId = request.sessionId;
    if (faults.take('ignore_resume') !== undefined) return;
    const refusal = faults.take('refuse_resume');
    if (refusal !== undefined) {
      refuseWith(connection, 'code' in refusal.spec ? refusal.spec.code : undefined);
      return;
    }
    const session = sessions.get(request.sessionId);
    if (session === undefined || session.identify.token !== request.token) {
      invalidate(connection, false);
      return;
    }
    if (request.sequence > session.sequence || request.sequence < 0) {
      connection.close(GatewayCloseCodes.InvalidSeq, 'Invalid seq.');
      return;
    }
    if (!session.buffer.holdsAfter(request.sequence)) {
      options.endSession(session);
      invalidate(connection, false);
      return;
    }
    // A second socket that resumes takes the session over; the first one is told to go.
    session.connection?.close(GatewayCloseCodes.UnknownError, 'Session taken over.');
    attach(connection, session);
    session.resumes += 1;
    session.buffer.forEachAfter(request.sequence, (sequence, type, body) => {
      // The greetings of earlier sockets are no news to this one.
      if (type !== 'READY' && type !== 'RESUMED') connection.send(dispatchFrame(type, sequence, body));
    });
    sendDispatch(session, 'RESUMED', '{"_trace":["[\\"simulator\\"]"]}');
  };

  return (connection, text) => {
    const frame = parseClientFrame(text, options.rules);
    switch (frame.kind) {
      case 'heartbeat':
        heartbeat(connection, frame.sequence);
        return;
      case 'invalid':
        connection.close(frame.code, frame.reason);
        return;
      case 'other':
        if (connection.session === null) connection.close(GatewayCloseCodes.NotAuthenticated, 'Not authenticated.');
        return;
      default:
        if (connection.session !== null) {
          connection.close(GatewayCloseCodes.AlreadyAuthenticated, 'Already authenticated.');
          return;
        }
        if (frame.kind === 'identify') identify(connection, frame.identify);
        else resume(connection, frame.resume);
    }
  };
}

/** Op 9; when the session cannot be resumed the socket may still IDENTIFY. */
export function invalidate(connection: Connection, resumable: boolean): void {
  connection.sendOp(GatewayOpcodes.InvalidSession, resumable);
}

function refuseWith(connection: Connection, code: number | undefined): void {
  if (code === undefined) invalidate(connection, false);
  else connection.close(code, 'Refused on purpose.');
}

function attach(connection: Connection, session: Session): void {
  connection.session = session;
  connection.sessionId = session.id;
  session.connection = connection;
  if (session.expiry !== null) clearTimeout(session.expiry);
  session.expiry = null;
}

function welcome(options: FrameHandlerOptions, connection: Connection, session: Session): void {
  const { world, faults, rules } = options;
  const guilds = [...world.guilds.values()].filter((guild) => isOnShard(session, guild));
  const hasContent = wantsContent(~rules.disallowedIntents) && !faults.isArmed('strip_content');
  sendDispatch(session, 'READY', JSON.stringify(readyObject(world, session, guilds, connection.host, hasContent)));
  for (const guild of guilds) {
    if (!guild.available) continue;
    const event = { type: 'GUILD_CREATE', guild, channel: null, body: '', strippedBody: null, detail: {} };
    if (!isEntitled(session, event)) continue;
    sendDispatch(session, event.type, JSON.stringify(guildCreate(world, guild)));
  }
}
