import { createHash } from 'node:crypto';
import type { SessionOwner } from '@dms/event-log';
import type { DiscordRefusedError } from './discord-refused-error.ts';
import { createDiscordHistory, type DiscordHistory } from './discord-rest.ts';
import { holdDiscordSession, INTENTS, type SessionDeps, type SessionListener } from './discord-session.ts';
import type { Watched } from './message-change.ts';
import { createSessionMemory, type ResumePoint } from './session-memory.ts';
import { createSocketPause, type SocketPause } from './socket-pause.ts';
import { type SourceState, stayConnected } from './stay-connected.ts';

/** What Discord demands. */
const IDENTIFY_INTERVAL_MS = 5_000;

export interface DiscordSourceListener extends SessionListener {
  /** Trying again cannot help, and no attempt is made until `connect`. */
  refused(error: DiscordRefusedError): void;
}

/** Discord's side of the ingester. Raw dispatches only: of uncached messages discord.js silently drops every edit, delete and
 *  reaction. discord.js keeps the connection, heartbeats, RESUME, REST and rate limits. */
export interface DiscordSource extends DiscordHistory {
  readonly state: SourceState;
  /** Of the connection of the moment, if there is one. */
  readonly socket: Pick<SocketPause, 'pause' | 'resume'>;
  /** Connects and keeps trying until `disconnect`: with a RESUME from `point`, or (null) with a session of its own. Returns at
   *  once; does nothing when already called. */
  connect(point: ResumePoint | null): void;
  /** What Discord may be told is received: it is stored. */
  acknowledge(point: ResumePoint): void;
  /** No listener is called any more. Resolves when the connection is closed, after at most 2 s. The session can be resumed. */
  disconnect(): Promise<void>;
}

export interface DiscordSourceOptions
  extends Omit<SessionDeps, 'onState' | 'memory' | 'socketPause' | 'identifyIntervalMs'> {
  readonly listener: DiscordSourceListener;
  /** Least time between two IDENTIFYs; default 5,000, which Discord demands. */
  readonly identifyIntervalMs?: number | undefined;
}

export function createDiscordSource(options: DiscordSourceOptions): DiscordSource {
  const { listener, logger, identifyIntervalMs = IDENTIFY_INTERVAL_MS } = options;
  const memory = createSessionMemory();
  const socketPause = createSocketPause();
  let state: SourceState = { discord: 'disconnected', detail: null };
  let attempt: AbortController | null = null;
  let finished: Promise<void> = Promise.resolve();

  const onState = (next: SourceState): void => {
    state = next;
  };
  const onRefused = (error: DiscordRefusedError): void => {
    attempt?.abort();
    attempt = null;
    onState({ discord: 'disconnected', detail: error.message });
    listener.refused(error);
  };

  return {
    ...createDiscordHistory({ ...options, onRefused }),
    get state() {
      return state;
    },
    socket: socketPause,
    connect(point) {
      if (attempt !== null) return;
      attempt = new AbortController();
      const { signal } = attempt;
      const deps = { ...options, memory, socketPause, identifyIntervalMs, onState };
      const holdSession = () => holdDiscordSession(deps, signal);
      finished = finished.then(() => {
        memory.begin(point);
        return stayConnected({ holdSession, onState, onRefused, logger }, signal);
      });
    },
    acknowledge: ({ sessionId, sequence }) => memory.acknowledge(sessionId, sequence),
    async disconnect() {
      attempt?.abort();
      attempt = null;
      state = { discord: 'disconnected', detail: null };
      await finished;
    },
  };
}

/** Whose session it is and what it is opened for. Another API, other intents or other allow-lists need a session of their own:
 *  a resumed one would go on without what they add. */
export function sessionOwner(token: string, apiUrl: string, watched: Watched): SessionOwner {
  const [bot = ''] = token.split('.');
  const purpose = [apiUrl, INTENTS, [...watched.guildIds].sort(), [...watched.channelIds].sort()];
  return { bot, fingerprint: createHash('sha256').update(JSON.stringify(purpose)).digest('base64url') };
}
