import { openBroker } from '@dms/broker';
import { type DiscordSimulator, type DiscordSimulatorOptions, startDiscordSimulator } from '@dms/discord-simulator';
import { type EmbeddedDatabase, startEmbeddedDatabase } from '@dms/embedded-database';
import { type EventLog, migrate, openEventLog } from '@dms/event-log';
import type { LogEvent } from '@dms/protocol';
import { createMetrics } from '@dms/runtime';
import { eventually } from '@dms/test-kit';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { createIngester, type Ingester, type IngesterSettings } from '../../src/ingester.ts';
import { recordingLogger } from './recording-logger.ts';
import { allEvents, createdTwice, eventsOf, expectedMessages, storedMessages } from './truth.ts';

export const GUILDS = [{ name: 'The Guild', channels: ['general', 'random'], members: ['ada', 'bob'] }];

/** One database for the file, and for each test simulators and ingesters of its own, closed after it, the last one first. */
export function useRig() {
  let database: EmbeddedDatabase;
  let log: EventLog;
  let seed = 0;
  let nowMs = 0;
  let ingesters = 0;
  const cleanups: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    database = await startEmbeddedDatabase({ directory: null });
    await migrate(database.url);
  }, 60_000);
  afterAll(() => database.stop());
  beforeEach(async () => {
    log = await openLog(database.url);
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function openLog(url: string): Promise<EventLog> {
    const opened = await openEventLog(url, { poolSize: 3 });
    cleanups.push(() => opened.close());
    return opened;
  }

  async function startSimulator(options: DiscordSimulatorOptions = {}): Promise<DiscordSimulator> {
    // Guild ids come from the seed, message ids from the clock: both differ from every earlier test's.
    nowMs = Math.max(nowMs, Date.now());
    seed += 1;
    // Every act has a millisecond of its own, so that two edits of a message can be told apart.
    const defaults = { guilds: GUILDS, seed, rateLimits: false, identifyIntervalMs: 0, now: () => ++nowMs };
    const simulator = await startDiscordSimulator({ ...defaults, ...options });
    cleanups.push(() => simulator.close());
    return simulator;
  }

  function startIngester(simulator: DiscordSimulator, overrides: Partial<IngesterSettings> = {}, on: EventLog = log) {
    const broker = openBroker('memory:');
    const logger = recordingLogger();
    const metrics = createMetrics();
    const committed: LogEvent[] = [];
    const refusals: string[] = [];
    ingesters += 1;
    const settings: IngesterSettings = {
      token: 'dGVzdA.ingester.test',
      discordApiUrl: simulator.apiUrl,
      watched: { guildIds: new Set(), channelIds: new Set() },
      holder: `ingester ${ingesters}`,
      eventRetentionHours: 1,
      identifyIntervalMs: 0,
      reconcileMessages: 500,
      backfillDays: 0,
      ...overrides,
    };
    const ingester: Ingester = createIngester({
      ...{ log: on, broker, logger, metrics, settings },
      onRefused: ({ message }) => void refusals.push(message),
      onCommitted: (events) => void committed.push(...events),
    });
    cleanups.push(async () => {
      await ingester.stop();
      await broker.close();
    });
    const isConnected = async (): Promise<void> => {
      // The status of an earlier holder stays until the next one has its own.
      expect(ingester.isLeading).toBe(true);
      expect((await on.writerState()).status?.discord).toBe('connected');
    };
    return {
      ingester,
      logger,
      metrics,
      committed,
      refusals,
      connected: () => eventually(isConnected, { timeoutMs: 15_000 }),
    };
  }

  /** Stored rows equal the simulator's own books; the log has no hole, and no message was created in it twice. */
  async function expectTruth(simulator: DiscordSimulator): Promise<void> {
    const isTrue = async (): Promise<void> =>
      expect(await storedMessages(log, simulator)).toEqual(expectedMessages(simulator));
    // Each try reads everything, from the same single backend that is to write it.
    await eventually(isTrue, { timeoutMs: 20_000, intervalMs: 300 });
    expect(createdTwice(await eventsOf(log, simulator))).toEqual([]);
    const seqs = (await allEvents(log)).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  }

  return {
    log: () => log,
    databaseUrl: () => database.url,
    cleanups,
    openLog,
    startSimulator,
    startIngester,
    expectTruth,
  };
}

/** Says `text 1`, `text 2` … */
export function say(simulator: DiscordSimulator, count: number, channel = 'general'): void {
  for (let index = 1; index <= count; index += 1) {
    simulator.createMessage({ channel, user: 'ada', text: `text ${index}` });
  }
}

export const channelId = (simulator: DiscordSimulator, name: string): string =>
  simulator.status().guilds[0]?.channels.find((channel) => channel.name === name)?.id ?? '';
