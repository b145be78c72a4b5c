import type { PostgresServer, RedisServer } from '@dms/test-kit/servers';
import type { Child } from '../child.ts';
import { freePort, startProgram, startWorker, untilReady, type Workshop } from '../processes.ts';
import { SETTINGS } from '../product.ts';
import { migrateDatabase } from '../throughput-run.ts';
import type { Speech } from '../workers/fan-out/swarm-client.ts';
import { installUws } from './uws-module.ts';

/** Servers that all contestants share. */
export interface Ground {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
}

/** A server under test, and how its messages get to it. */
export interface Contestant {
  readonly url: string;
  readonly speech: Speech;
  /** Which way the publisher goes. */
  readonly target: 'log' | 'frames' | 'adapter' | 'recovery';
  readonly databaseUrl: string;
  readonly process: Child;
  /** Null where there is none. */
  readonly metricsPort: number | null;
  stop(): Promise<void>;
}

export const PEERS = ['ws', 'stringify', 'deflate', 'socket.io', 'recovery', 'uws', 'raw'] as const;
export type PeerName = (typeof PEERS)[number];
export type ContestantName = 'product' | PeerName;

export const LABELS: Readonly<Record<ContestantName, string>> = {
  product: 'this product',
  ws: 'ws, send(text) to each client',
  stringify: 'ws, parse, and stringify for each client',
  deflate: 'ws, send(text), permessage-deflate',
  'socket.io': 'Socket.IO, Redis adapter',
  recovery: 'Socket.IO, Redis streams, state recovery',
  uws: 'uWebSockets.js, publish',
  raw: 'raw sockets, one write for each client',
};

const LISTEN_TIMEOUT_MS = 30_000;
export type GatewayEnv = Readonly<Record<string, string>>;

/** The product's gateway, alone: real process, real PostgreSQL, real Redis. */
export async function startGateway(
  workshop: Workshop,
  { redis }: Ground,
  databaseUrl: string,
  extra: GatewayEnv = {},
): Promise<Contestant> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const addresses = { DATABASE_URL: databaseUrl, REDIS_URL: redis.url };
  const env = { ...SETTINGS, ...addresses, PORT: String(port), METRICS_PORT: String(metricsPort), ...extra };
  const child = await startProgram(workshop, 'services/gateway', 'main', { env });
  await untilReady(child, port);
  return {
    url: `ws://127.0.0.1:${port}/ws`,
    ...{ speech: 'dms', target: 'log', databaseUrl, process: child, metricsPort },
    stop: () => child.stop(),
  };
}

export async function startContestant(
  workshop: Workshop,
  ground: Ground,
  name: ContestantName,
  extra: GatewayEnv = {},
): Promise<Contestant> {
  const databaseUrl = await ground.postgres.createDatabase();
  await migrateDatabase(workshop, databaseUrl);
  if (name === 'product') return await startGateway(workshop, ground, databaseUrl, extra);
  const [file, ...args] = await peerCommand(name, workshop);
  const child = await startWorker(workshop, `peers/${file}`, [ground.redis.url, ...args]);
  const line = await child.line(/^listening \d+$/, LISTEN_TIMEOUT_MS);
  const isSocketIo = name === 'socket.io' || name === 'recovery';
  return {
    url: `ws://127.0.0.1:${line.slice('listening '.length)}/${isSocketIo ? 'socket.io/?EIO=4&transport=websocket' : ''}`,
    speech: isSocketIo ? 'socket.io' : 'ws',
    target: name === 'socket.io' ? 'adapter' : name === 'recovery' ? 'recovery' : 'frames',
    ...{ databaseUrl, process: child, metricsPort: null },
    stop: () => child.stop(),
  };
}

async function peerCommand(name: PeerName, { root }: Workshop): Promise<readonly [string, ...string[]]> {
  switch (name) {
    case 'ws':
      return ['ws', 'text'];
    case 'stringify':
    case 'deflate':
      return ['ws', name];
    case 'socket.io':
      return ['socket-io', 'adapter'];
    case 'recovery':
      return ['socket-io', 'recovery'];
    case 'uws':
      return ['uws', String(await freePort()), await installUws(root)];
    case 'raw':
      return ['raw-socket'];
  }
}
