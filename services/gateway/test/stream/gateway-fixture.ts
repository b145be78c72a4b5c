import {
  type Broker,
  openBroker,
  openPageCache,
  openSharedCounts,
  type PlaceCaps,
  type SharedCounts,
} from '@dms/broker';
import { type EmbeddedDatabase, startEmbeddedDatabase } from '@dms/embedded-database';
import { type Change, type EventLog, type LogWriter, migrate, openEventLog } from '@dms/event-log';
import { createLogger, createMetrics, type Metrics } from '@dms/runtime';
import type { DispatchFrame } from '@dms/test-kit';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { placeCaps } from '../../src/config.ts';
import { createGateway, type Gateway, type GatewaySettings } from '../../src/gateway.ts';

const SETTINGS: GatewaySettings = {
  port: 0,
  apiKeys: [],
  requireApiKey: false,
  allowedOrigins: [],
  trustProxy: 0,
  rateLimit: { windowMs: 60_000, maxRequests: 0 },
  maxConnections: 1_000,
  maxConnectionsPerAddress: 0,
  maxConnectionsPerReplica: 0,
  maxConnectsPerAddress: 0,
  maxConnectionAgeMs: 0,
  heartbeatIntervalMs: 25_000,
  compresses: false,
  drainNoticeMs: 0,
  moveGraceMs: 1_000,
};

export interface MessageOptions {
  readonly channelId?: string;
  readonly authorId?: string;
  readonly text?: string;
  readonly editedAtMs?: number;
  /** JSON text of the whole message; default: ids and text. */
  readonly payload?: string;
}

/** A running gateway and the writer whose commits it serves. */
export interface Stage {
  readonly gateway: Gateway;
  readonly metrics: Metrics;
  readonly broker: Broker;
  readonly counts: SharedCounts;
  readonly log: EventLog;
  readonly url: string;
  /** Commits and, unless told otherwise, publishes. */
  append(changes: readonly Change[], options?: { readonly isPublished: boolean }): Promise<void>;
  /** Creates (or edits) a message. */
  message(id: number, options?: MessageOptions): Change;
  remove(id: number, channelId?: string): Change;
}

const observed = { origin: 'live' } as const;
const place = (channelId: string) => ({ guildId: '1', channelId, parentId: null });

/** One database for the file, because starting one takes a second, and a gateway for each test. Message ids must differ
 *  between tests: take them from `freshIds`. */
export function useStage(
  openCounts: (caps: PlaceCaps) => SharedCounts = (caps) => openSharedCounts('memory:', { replicaId: 'test', caps }),
): (settings?: Partial<GatewaySettings>) => Promise<Stage> {
  let database: EmbeddedDatabase;
  let log: EventLog;
  let writer: LogWriter | null;
  const open: { readonly gateway: Gateway; readonly broker: Broker; readonly counts: SharedCounts }[] = [];

  beforeAll(async () => {
    database = await startEmbeddedDatabase({ directory: null });
    await migrate(database.url);
    log = await openEventLog(database.url);
    writer = await log.acquire('test');
  });
  afterEach(async () => {
    for (const { gateway, broker, counts } of open.splice(0)) {
      await gateway.stop();
      await counts.close();
      await broker.close();
    }
  });
  afterAll(async () => {
    await log.close();
    await database.stop();
  });

  return async (settings = {}) => {
    const broker = openBroker('memory:');
    const logger = createLogger({ service: 'test', level: 'error', format: 'json' });
    const metrics = createMetrics();
    const all = { ...SETTINGS, ...settings };
    const counts = openCounts(placeCaps(all));
    const pageCache = openPageCache('memory:');
    const gateway = await createGateway({ log, broker, counts, pageCache, settings: all, logger, metrics });
    open.push({ gateway, broker, counts });
    return {
      gateway,
      metrics,
      broker,
      counts,
      log,
      url: `ws://127.0.0.1:${gateway.port}/ws`,
      async append(changes, { isPublished } = { isPublished: true }) {
        const result = await writer?.append(changes);
        if (isPublished) await broker.publish(result?.events ?? []);
      },
      message: (id, { channelId = '2', authorId = '3', text = `text ${id}`, editedAtMs, payload } = {}) => ({
        kind: 'message',
        ...observed,
        observedAt: log.stamp(),
        isComplete: true,
        id: String(id),
        ...place(channelId),
        authorId,
        hash: `${text}:${editedAtMs ?? ''}`,
        editedAtMs: editedAtMs ?? null,
        payload: payload ?? JSON.stringify({ id: String(id), channel_id: channelId, guild_id: '1', content: text }),
        tally: null,
        isTallyFresh: false,
      }),
      remove: (id, channelId = '2') => ({
        kind: 'delete',
        ...observed,
        observedAt: log.stamp(),
        id: String(id),
        ...place(channelId),
        bulkId: null,
      }),
    };
  };
}

let usedIds = 0;

/** `count` message ids that no other test of the file uses. */
export function freshIds(count: number): readonly number[] {
  const first = usedIds + 1;
  usedIds += count;
  return Array.from({ length: count }, (_, index) => first + index);
}

export const idsOf = (events: readonly DispatchFrame[]): readonly number[] => events.map(({ d }) => Number(d.id));
