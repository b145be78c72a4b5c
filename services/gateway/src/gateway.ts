import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Broker, PageCache, SharedCounts } from '@dms/broker';
import type { EventLog } from '@dms/event-log';
import { CloseCode, formatPosition } from '@dms/protocol';
import type { ApiKey, Logger, Metrics, Readiness } from '@dms/runtime';
import { createAccess } from './access/access.ts';
import { createDoorkeeper } from './access/admission.ts';
import type { TrustProxy } from './access/client-address.ts';
import { createDeliveryTimes } from './fan-out/delivery-times.ts';
import { createHub, type Hub } from './fan-out/hub.ts';
import { createAttachCounts } from './feed/attach-counts.ts';
import { createFeed, type Feed } from './feed/feed.ts';
import { createLogPages } from './feed/log-pages.ts';
import { addGatewayHops, addGatewayMetrics } from './gateway-metrics.ts';
import { createHttpApp } from './http/app.ts';
import { createEventsDoor } from './http/events/events-door.ts';
import { createMessagePages, type MessagePages } from './http/pages/message-pages.ts';
import { createScopeClock } from './http/pages/scope-clock.ts';
import { createNodeServer, routeUpgrades } from './http/server.ts';
import { createRateMeter } from './rate-meter.ts';
import { gatewayReadiness } from './readiness.ts';
import { createReplicaStats } from './replica-stats.ts';
import { viewConnections, viewFeed } from './status-views.ts';
import { createCloseCounts } from './websocket/close-counts.ts';
import { createWebSocketDoor } from './websocket/websocket-door.ts';

/** DESIGN §4: lag with a dead broker is at most one tick and one read. */
const TICK_MS = 1_000;
const REFRESH_OLDEST_EVERY_TICKS = 60;
/** Clients per second that may be asked to move while draining, and the longest the asking may take. */
const MOVES_PER_SECOND = 500;
const MAX_MOVE_WINDOW_MS = 10_000;
/** What is under way on HTTP may finish for this long once the sockets are closed. */
const LAST_ANSWERS_MS = 1_000;

export interface GatewaySettings {
  readonly port: number;
  readonly apiKeys: readonly ApiKey[];
  readonly requireApiKey: boolean;
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: TrustProxy;
  readonly rateLimit: { readonly windowMs: number; readonly maxRequests: number };
  /** Attempts to open a WebSocket, per address and `rateLimit.windowMs`; 0 = no limit. */
  readonly maxConnectsPerAddress: number;
  /** Open streams of all replicas together; 0 = no limit. */
  readonly maxConnections: number;
  /** Of these from one IPv4 address or IPv6 /64; 0 = no limit. */
  readonly maxConnectionsPerAddress: number;
  /** Of these on this replica; 0 = no limit. */
  readonly maxConnectionsPerReplica: number;
  readonly heartbeatIntervalMs: number;
  /** `WS_COMPRESSION`. */
  readonly compresses: boolean;
  /** After which a stream is asked to go elsewhere, at random up to a fifth earlier; 0 = never. */
  readonly maxConnectionAgeMs: number;
  /** How long a load balancer needs to notice that this replica is not ready; 0 without one. */
  readonly drainNoticeMs: number;
  /** How long a client that was asked to move may take to do so before its connection is closed. */
  readonly moveGraceMs: number;
}

export interface GatewayDeps {
  readonly log: EventLog;
  readonly broker: Broker;
  /** Opened with the caps of `settings` (`placeCaps`). */
  readonly counts: SharedCounts;
  readonly pageCache: PageCache;
  readonly settings: GatewaySettings;
  readonly logger: Logger;
  /** Where the gateway's numbers are defined. */
  readonly metrics: Metrics;
  /** Answers `/demo` when Discord is a simulated one; default: there is no such address. */
  readonly demo?: DemoHandler;
}

/** A request handler of Node.js; `req.url` is what follows `/demo`. */
export type DemoHandler = (req: IncomingMessage, res: ServerResponse) => void;

export interface Gateway {
  readonly port: number;
  readonly feed: Feed;
  readonly connections: number;
  /** The judgement of `/health/ready`, for a port that the public does not see. */
  readiness(): Promise<Readiness>;
  /** Not ready → clients are asked to move → the rest is closed with 1012 → the server is closed. Returns how many clients
   *  were connected when it began. */
  stop(): Promise<number>;
}

/** Listens at once and serves as soon as the first sync is done; a log that cannot be reached is tried again every second.
 *  @throws when the port cannot be had (`EADDRINUSE`, `EACCES`). */
export async function createGateway(deps: GatewayDeps): Promise<Gateway> {
  const { log, broker, counts, pageCache, settings, logger, metrics, demo } = deps;
  const published = createRateMeter();
  const times = createDeliveryTimes({
    observe: addGatewayHops(metrics),
    hasConnections: () => hub.connections.size > 0,
  });
  const hub: Hub = createHub({ feed: () => feed, pages: createLogPages(log), settled: times.settled });
  const feed: Feed = createFeed({
    log,
    broker,
    listener: {
      applied(events) {
        published.add(events.length, performance.now());
        times.applied(events);
        hub.applied(events);
      },
      purged(throughSeq) {
        hub.purged(throughSeq);
        pages.purged();
      },
      diverged() {
        logger.error('log diverged from what was served, starting over', { connections: hub.connections.size });
        hub.dropAll(
          CloseCode.ServiceRestart,
          'diverged',
          'The log changed; resume with your position to learn what is left.',
        );
      },
    },
  });
  const pages: MessagePages = createMessagePages({ log, clock: createScopeClock(feed), cache: pageCache });
  const access = createAccess({
    apiKeys: settings.apiKeys,
    requireApiKey: settings.requireApiKey,
    allowedOrigins: settings.allowedOrigins,
    trustProxy: settings.trustProxy,
  });
  const connectRate = { windowMs: settings.rateLimit.windowMs, maxConnects: settings.maxConnectsPerAddress };
  const doorkeeper = createDoorkeeper({ feed, access, counts, connectRate });
  const { maxConnectionAgeMs, moveGraceMs } = settings;
  const attaches = createAttachCounts(feed);
  const closes = createCloseCounts();
  const streams = { feed, hub, log, access, doorkeeper, attaches, maxConnectionAgeMs, moveGraceMs };
  const webSockets = createWebSocketDoor({
    ...streams,
    closes,
    logger,
    heartbeatIntervalMs: settings.heartbeatIntervalMs,
    compresses: settings.compresses,
  });
  const events = createEventsDoor(streams);

  const draining = { isDraining: false };
  const feedView = viewFeed(feed, broker);
  const connectionsView = viewConnections(hub, counts, published, times, draining);
  const replicas = createReplicaStats(counts, connectionsView, () => formatPosition(feed.last));
  const measured = { feed, feedView, connections: connectionsView, hub, doorkeeper, counts, attaches, closes };
  addGatewayMetrics(metrics, measured);
  const app = createHttpApp({
    log,
    broker,
    feed: feedView,
    connections: connectionsView,
    replicas,
    events: events.handle,
    access,
    pages,
    rateLimit: settings.rateLimit,
    counts,
    trustProxy: settings.trustProxy,
    logger,
    demo: demo ?? null,
    publicDirectory: fileURLToPath(new URL('../public', import.meta.url)),
  });
  const server = createNodeServer(app);
  routeUpgrades(server, app, webSockets.handleUpgrade);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, resolve);
  });

  let ticks = 0;
  const reportFailure = createFailureReporter(feed, logger);
  const tick = async (): Promise<void> => {
    replicas.report();
    await feed.tick();
    reportFailure();
    ticks += 1;
    if (ticks % REFRESH_OLDEST_EVERY_TICKS === 0) await feed.refreshOldest().catch(() => undefined);
  };
  await feed.start();
  reportFailure();
  replicas.report();
  const ticking = setInterval(() => void tick(), TICK_MS);

  return {
    port: portOf(server.address()),
    feed,
    get connections() {
      return hub.connections.size;
    },
    readiness: () => gatewayReadiness(feedView, connectionsView),
    async stop() {
      draining.isDraining = true;
      replicas.report();
      doorkeeper.refuseNew();
      const connected = hub.connections.size;
      await sleep(settings.drainNoticeMs);
      if (connected > 0) {
        const windowMs = Math.min(MAX_MOVE_WINDOW_MS, (connected / MOVES_PER_SECOND) * 1_000);
        webSockets.askToMove(windowMs);
        events.askToMove(windowMs);
        await untilEmpty(hub, windowMs + settings.moveGraceMs);
      }
      hub.dropAll(CloseCode.ServiceRestart, 'drain', 'This replica stops; resume elsewhere with your position.');
      webSockets.close();
      events.close();
      clearInterval(ticking);
      server.closeIdleConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS).unref();
      });
      return connected;
    },
  };
}

async function untilEmpty(hub: Hub, withinMs: number): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (hub.connections.size > 0 && performance.now() < deadlineMs) await sleep(50);
}

/** One line when reading the log begins to fail, one when it works again. */
function createFailureReporter(feed: Feed, logger: Logger): () => void {
  let reported: string | null = null;
  return () => {
    if (feed.failure === reported) return;
    if (feed.failure === null) logger.info('log can be read again', { position: `${feed.last.term}:${feed.last.seq}` });
    else logger.warn('log cannot be read, serving what is held', { reason: feed.failure });
    reported = feed.failure;
  };
}

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0;
