import { fileURLToPath } from 'node:url';
import { type BrokerStatus, openPageCache, openSharedCounts } from '@dms/broker';
import { DatabaseError, type WriterState } from '@dms/event-log';
import { LOG_START } from '@dms/protocol';
import { masterApiKey } from '@dms/runtime';
import type { Express } from 'express';
import { type AccessSettings, createAccess } from '../../src/access/access.ts';
import { createHttpApp, type HttpDeps } from '../../src/http/app.ts';
import { createMessagePages } from '../../src/http/pages/message-pages.ts';
import type { ScopeClock } from '../../src/http/pages/scope-clock.ts';
import type { ConnectionsView, FeedView, HttpLogger, LogView } from '../../src/http/views.ts';

export const MASTER_KEY = 'canary-master-key';

/** Of a gateway that has not read the log: nothing is repeated. */
const NO_CLOCK: ScopeClock = { lastChange: () => null, isOnLog: () => false };

export const LIVE_FEED: FeedView = {
  state: 'live',
  detail: null,
  isReady: true,
  position: { term: 5, seq: 40 },
  ringEvents: 40,
};

export const IDLE_CONNECTIONS: ConnectionsView = {
  total: 0,
  byDoor: { ws: 0, sse: 0, ndjson: 0, poll: 0 },
  addresses: 0,
  isDraining: false,
  stats: () => ({ deliveredFrames: 0, messagesPerSecond: 0, latency: null }),
};

export const HELD_WRITER: WriterState = {
  term: 5,
  seq: 42,
  holder: 'ingester-1',
  isHeld: true,
  status: { discord: 'connected', detail: null },
  openGaps: 0,
};

const lostConnection = (): Promise<never> => {
  const cause = new Error("Can't reach database server at postgresql://user:canary-password@db:5432");
  return Promise.reject(new DatabaseError(null, 'connection refused', cause));
};

/** Fails every read the way a database does that is not there. */
export const UNREACHABLE_LOG: LogView = {
  ping: lostConnection,
  read: lostConnection,
  tail: lostConnection,
  locate: lostConnection,
  oldest: lostConnection,
  positionAt: lostConnection,
  prune: lostConnection,
  writerState: lostConnection,
  messages: lostConnection,
  messagesText: lostConnection,
  message: lostConnection,
  revisions: lostConnection,
  guilds: lostConnection,
  guild: lostConnection,
  channels: lostConnection,
  channel: lostConnection,
  channelProgress: lostConnection,
  coverage: lostConnection,
  openGaps: lostConnection,
  requestErasure: lostConnection,
  erasure: lostConnection,
  optOut: lostConnection,
  findOptOut: lostConnection,
  optOuts: lostConnection,
  optIn: lostConnection,
};

/** A log that holds nothing. */
export const EMPTY_LOG: LogView = {
  ping: async () => {},
  read: async () => [],
  tail: async () => [],
  locate: async () => null,
  oldest: async () => LOG_START,
  positionAt: async () => LOG_START,
  prune: async () => 0,
  writerState: async () => HELD_WRITER,
  messages: async () => ({ messages: [], hasMore: false, position: LOG_START }),
  messagesText: async () => ({ json: '[]', newestId: null, oldestId: null, hasMore: false, position: LOG_START }),
  message: async () => null,
  revisions: async () => [],
  guilds: async () => [],
  guild: async () => null,
  channels: async () => [],
  channel: async () => null,
  channelProgress: async () => [],
  coverage: async () => [],
  openGaps: async () => [],
  requestErasure: lostConnection,
  erasure: async () => null,
  optOut: lostConnection,
  findOptOut: async () => null,
  optOuts: async () => [],
  optIn: async () => false,
};

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function createRecordingLogger(lines: LogLine[]): HttpLogger {
  return {
    info: (event, fields = {}) => void lines.push({ level: 'info', event, fields }),
    warn: (event, fields = {}) => void lines.push({ level: 'warn', event, fields }),
    error: (event, fields = {}) => void lines.push({ level: 'error', event, fields }),
  };
}

export const PUBLIC_DIRECTORY = fileURLToPath(new URL('../../public', import.meta.url));

type AppOptions = Partial<Omit<HttpDeps, 'access' | 'logger' | 'broker'>> & {
  readonly access?: Partial<AccessSettings>;
  readonly broker?: BrokerStatus;
  readonly lines?: LogLine[];
};

/** The app with reading open, one master key, no rate limit and an empty log, unless the test says otherwise. */
export function createTestApp(options: AppOptions = {}): Express {
  const { access, broker = { status: 'up' }, lines = [], ...deps } = options;
  const trustProxy = deps.trustProxy ?? 0;
  const log = deps.log ?? EMPTY_LOG;
  return createHttpApp({
    log,
    pages: createMessagePages({ log, clock: NO_CLOCK, cache: openPageCache('memory:') }),
    feed: LIVE_FEED,
    connections: IDLE_CONNECTIONS,
    events: (_req, _res, next) => next(),
    rateLimit: { windowMs: 60_000, maxRequests: 0 },
    publicDirectory: PUBLIC_DIRECTORY,
    replicas: { isShared: false, read: async () => [] },
    counts: openSharedCounts('memory:', { replicaId: 'test', caps: { perAddress: 0, total: 0, perReplica: 0 } }),
    demo: null,
    ...deps,
    trustProxy,
    broker: { status: () => broker },
    logger: createRecordingLogger(lines),
    access: createAccess({
      apiKeys: [masterApiKey(MASTER_KEY)],
      requireApiKey: false,
      allowedOrigins: [],
      trustProxy,
      ...access,
    }),
  });
}
