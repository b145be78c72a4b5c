import { type Broker, openBroker, openPageCache, openSharedCounts } from '@dms/broker';
import { type Change, type EventLog, type LogWriter, openEventLog } from '@dms/event-log';
import { formatPosition, type Position } from '@dms/protocol';
import { createLogger, createMetrics, loadConfig } from '@dms/runtime';
import { eventually, openTestConnection, type TestConnection } from '@dms/test-kit';
import { afterEach } from '@jest/globals';
import { gatewayConfig, gatewaySettings, placeCaps } from '../../src/config.ts';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import { messageChange } from '../http/real-log.ts';

export interface OpenGateway {
  readonly gateway: Gateway;
  readonly broker: Broker;
  readonly http: string;
  readonly ws: string;
}

/** Logs, gateways and clients on whatever database a test names. Closed after the test, the newest first, however it ends. */
export interface RealStage {
  openLog(url: string): Promise<EventLog>;
  /** As it is configured by default, with hints in memory. */
  openGateway(url: string): Promise<OpenGateway>;
  connect(ws: string, since: Position): Promise<TestConnection>;
}

export function useRealStage(): RealStage {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  const openLog = async (url: string): Promise<EventLog> => {
    const log = await openEventLog(url);
    closers.push(() => log.close());
    return log;
  };
  return {
    openLog,
    async openGateway(url) {
      const loaded = loadConfig(gatewayConfig, { PORT: '0', RATE_LIMIT_MAX_REQUESTS: '0' });
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
      const log = await openLog(url);
      const broker = openBroker('memory:');
      closers.push(() => broker.close());
      const logger = createLogger({ service: 'test', level: 'error', format: 'json' });
      const settings = { ...gatewaySettings(loaded.config), drainNoticeMs: 0, moveGraceMs: 1_000 };
      const counts = openSharedCounts('memory:', { replicaId: 'test', caps: placeCaps(settings) });
      const gateway = await createGateway({
        ...{ log, broker, counts, pageCache: openPageCache('memory:') },
        ...{ settings, logger, metrics: createMetrics() },
      });
      closers.push(() => gateway.stop());
      const address = `127.0.0.1:${gateway.port}`;
      return { gateway, broker, http: `http://${address}`, ws: `ws://${address}/ws` };
    },
    async connect(ws, since) {
      const client = await openTestConnection(ws, { since: formatPosition(since) });
      closers.push(() => client.close());
      return client;
    },
  };
}

/** Waits for the lease to run out: whoever held it while a dump was taken holds it in the restored database too. */
export function becomeWriter(log: EventLog, holder = 'test'): Promise<LogWriter> {
  return eventually(async () => {
    const writer = await log.acquire(holder);
    if (writer === null) throw new Error('somebody holds the lease');
    return writer;
  });
}

/** New messages with the ids `firstId`, `firstId` + 1 and so on. */
export const newMessages = (log: EventLog, firstId: number, count: number): readonly Change[] =>
  Array.from({ length: count }, (_, index) => messageChange(log, { id: String(firstId + index) }));
