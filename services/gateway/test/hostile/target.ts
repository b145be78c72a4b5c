import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Broker, openBroker } from '@dms/broker';
import { type EventLog, type LogWriter, migrate, openEventLog } from '@dms/event-log';
import {
  type Availability,
  eventually,
  freePort,
  INSPECTED,
  INSPECTOR_LINE,
  infrastructure,
  inspectMemory,
  type SpawnedProcess,
  spawnProcess,
  startPostgres,
  startRedis,
  temporaryDirectory,
} from '@dms/test-kit';
import { channelChange, deleteChange, GUILD_ID, guildChange, messageChange } from '../http/real-log.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const TYPESCRIPT_LOADER = pathToFileURL(createRequire(join(ROOT, 'package.json')).resolve('tsx')).href;
const START_TIMEOUT_MS = 60_000;
/** Stored before anybody attacks, so that what passes the checks meets rows. The ids are 1, 2, 3 and so on. */
export const STORED_MESSAGES = 400;

/** What these tests need of a machine: descriptors are counted in /proc, and every client has a loopback address of its own. */
export const targetNeeds: Availability<unknown> = findNeeds();

function findNeeds(): Availability<unknown> {
  if (process.platform !== 'linux') return { available: false, reason: 'this needs Linux' };
  return infrastructure.postgres.available ? infrastructure.redisProcess : infrastructure.postgres;
}

/** What the process holds, after everything unreachable was collected. */
export interface Footprint {
  readonly heapBytes: number;
  readonly residentBytes: number;
  readonly descriptors: number;
}

/** A gateway process of the product on PostgreSQL and Redis of its own, and the writer whose commits it serves. */
export interface Target {
  readonly port: number;
  readonly http: string;
  readonly ws: string;
  readonly process: SpawnedProcess;
  /** Once nothing is opened or closed any more. */
  footprint(): Promise<Footprint>;
  /** Commits and publishes one new message. */
  say(): Promise<void>;
  stop(): Promise<void>;
}

/** `env` comes on top of settings without any limit. */
export async function startTarget(env: Readonly<Record<string, string>> = {}): Promise<Target> {
  const postgres = await startPostgres({ fsync: false });
  const redis = await startRedis();
  const databaseUrl = await postgres.createDatabase();
  await migrate(databaseUrl);
  const log = await openEventLog(databaseUrl, { poolSize: 2 });
  const broker = openBroker(redis.url);
  const writer = await log.acquire('hostile-test');
  if (writer === null) throw new Error('an empty log already has a writer');
  await fill(log, writer);

  const port = await freePort();
  const http = `http://127.0.0.1:${port}`;
  const entry = join(ROOT, 'services/gateway/src/main.ts');
  const gateway = await spawnProcess(
    process.execPath,
    [...INSPECTED, '--enable-source-maps', '--import', TYPESCRIPT_LOADER, '--conditions=source', entry],
    {
      cwd: await temporaryDirectory(),
      env: {
        DATABASE_URL: databaseUrl,
        REDIS_URL: redis.url,
        PORT: String(port),
        RATE_LIMIT_MAX_REQUESTS: '0',
        WS_MAX_CONNECTIONS_PER_IP: '0',
        WS_MAX_CONNECTS_PER_IP: '0',
        ...env,
      },
    },
  );
  const memory = await inspectMemory(await gateway.waitForLine(INSPECTOR_LINE, START_TIMEOUT_MS));
  await eventually(
    async () => {
      const answer = await fetch(`${http}/health/ready`);
      await answer.body?.cancel();
      if (answer.status !== 200) throw new Error(`not ready: ${answer.status}`);
    },
    { timeoutMs: START_TIMEOUT_MS },
  );

  return {
    port,
    http,
    ws: `ws://127.0.0.1:${port}/ws`,
    process: gateway,
    async footprint() {
      const descriptors = await eventually(
        async () => {
          const [before] = [descriptorsOf(gateway.pid), await memory.liveBytes()];
          if (descriptorsOf(gateway.pid) !== before) throw new Error('connections are being opened or closed');
          return before;
        },
        { intervalMs: 300 },
      );
      const heapBytes = await memory.liveBytes();
      return { heapBytes, residentBytes: residentBytes(gateway.pid), descriptors };
    },
    say: () => say(log, writer, broker),
    async stop() {
      memory.close();
      await gateway.stop(25_000);
      await broker.close();
      await log.close();
      await redis.stop();
      await postgres.stop();
    },
  };
}

async function fill(log: EventLog, writer: LogWriter): Promise<void> {
  const ids = Array.from({ length: STORED_MESSAGES }, (_, index) => String(index + 1));
  const places = [guildChange(GUILD_ID), channelChange('10', GUILD_ID), channelChange('11', GUILD_ID, 11, '10')];
  await writer.append([
    ...places,
    ...ids.map((id) =>
      messageChange(log, { id, channelId: Number(id) % 3 === 0 ? '11' : '10', content: `„${id}“ 👋` }),
    ),
    deleteChange(log, '7'),
  ]);
}

let said = STORED_MESSAGES;

async function say(log: EventLog, writer: LogWriter, broker: Broker): Promise<void> {
  said += 1;
  const { events } = await writer.append([messageChange(log, { id: String(said) })]);
  await broker.publish(events);
}

/** Open files and sockets; Linux only. */
const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

const PAGE_BYTES = 4_096;
const residentBytes = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
