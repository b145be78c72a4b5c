import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { startOnFreePorts } from './free-port.ts';
import { type RedisProcess, startAll, startRedisProcess, stopAll } from './redis-process.ts';
import { type RedisServer, startRedisServer } from './redis-server.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A master with replicas, watched by three sentinels that act when it was silent for a second: a failover takes two to four. */
export interface RedisSentinel {
  /** `redis-sentinel://…/mymaster`, with the passwords. */
  readonly url: string;
  readonly masterName: string;
  /** The first one started as the master. */
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisProcess[];
  /** The one that a sentinel names as the master now. */
  master(): Promise<RedisServer>;
  stop(): Promise<void>;
}

export interface RedisSentinelOptions {
  /** Default 1. */
  readonly replicas?: number;
  /** Of master and replicas; default none. */
  readonly password?: string;
  readonly sentinelPassword?: string;
}

const MASTER_NAME = 'mymaster';
const SENTINELS = 3;
const DOWN_AFTER_MS = 1_000;
const FAILOVER_TIMEOUT_MS = 5_000;
const START_TIMEOUT_MS = 20_000;

/** Resolves when the sentinels could carry out a failover. @throws Error with the reason when there is no Redis program. */
export function startRedisSentinel(options: RedisSentinelOptions = {}): Promise<RedisSentinel> {
  const { replicas = 1 } = options;
  return startOnFreePorts(1 + replicas + SENTINELS, async (ports) => {
    const serverPorts = ports.slice(0, 1 + replicas);
    const servers = await startServers(serverPorts, options.password);
    try {
      const sentinels = await startSentinels(ports.slice(1 + replicas), serverPorts, options);
      return await whenReady(describeSentinel(servers, sentinels, options), replicas);
    } catch (error) {
      await stopAll(servers);
      throw error;
    }
  });
}

function startServers(ports: readonly number[], password: string | undefined): Promise<RedisServer[]> {
  const [masterPort] = ports;
  // Without the delay a replica waits five seconds for others that might want the same copy.
  const shared = {
    'repl-diskless-sync-delay': '0',
    ...(password !== undefined && { requirepass: password, masterauth: password }),
  };
  return startAll(
    ports.map((port) =>
      startRedisServer(port, { ...shared, ...(port !== masterPort && { replicaof: `127.0.0.1 ${masterPort}` }) }),
    ),
  );
}

/** They are told of each other and of the replicas, which they would find out by themselves in some seconds. */
async function startSentinels(
  ports: readonly number[],
  [masterPort, ...replicaPorts]: readonly number[],
  { password, sentinelPassword }: RedisSentinelOptions,
): Promise<RedisProcess[]> {
  const directory = await temporaryDirectory();
  const all = ports.map((port) => ({ port, id: randomBytes(20).toString('hex') }));
  const shared = [
    'bind 127.0.0.1',
    `dir ${directory}`,
    ...(sentinelPassword === undefined ? [] : [`requirepass ${sentinelPassword}`]),
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${masterPort} 2`,
    `sentinel down-after-milliseconds ${MASTER_NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${MASTER_NAME} ${FAILOVER_TIMEOUT_MS}`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${MASTER_NAME} ${password}`]),
    ...replicaPorts.map((port) => `sentinel known-replica ${MASTER_NAME} 127.0.0.1 ${port}`),
  ];
  return startAll(
    all.map((own) => {
      const others = all.filter(({ port }) => port !== own.port);
      const known = others.map(({ port, id }) => `sentinel known-sentinel ${MASTER_NAME} 127.0.0.1 ${port} ${id}`);
      const file = join(directory, `${own.port}.conf`);
      writeFileSync(file, [`port ${own.port}`, `sentinel myid ${own.id}`, ...shared, ...known, ''].join('\n'));
      return startRedisProcess(own.port, [file, '--sentinel'], sentinelPassword);
    }),
  );
}

function describeSentinel(
  servers: readonly RedisServer[],
  sentinels: readonly RedisProcess[],
  { password, sentinelPassword }: RedisSentinelOptions,
): RedisSentinel {
  const login = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const query = sentinelPassword === undefined ? '' : `?sentinelPassword=${encodeURIComponent(sentinelPassword)}`;
  return {
    url: `redis-sentinel://${login}${hosts}/${MASTER_NAME}${query}`,
    masterName: MASTER_NAME,
    servers,
    sentinels,
    async master() {
      const address = await Promise.any(
        sentinels.map((sentinel) => sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER_NAME)),
      );
      const master = servers.find(({ port }) => address.endsWith(`\n${port}`));
      if (master === undefined) throw new Error(`the sentinels name an unknown master: ${address}`);
      return master;
    },
    stop: () => stopAll([...sentinels, ...servers]),
  };
}

async function whenReady(sentinel: RedisSentinel, replicas: number): Promise<RedisSentinel> {
  const checks = async (): Promise<void> => {
    const [master] = sentinel.servers;
    const online = (await master?.command('INFO', 'replication'))?.match(/state=online/g) ?? [];
    if (online.length < replicas) throw new Error(`${online.length} of ${replicas} replicas are online`);
    for (const one of sentinel.sentinels) {
      await one.command('SENTINEL', 'CKQUORUM', MASTER_NAME);
      const known = await one.command('SENTINEL', 'REPLICAS', MASTER_NAME);
      const usable = known.match(/master-link-status\nok/g) ?? [];
      if (usable.length < replicas) throw new Error(`a sentinel knows ${usable.length} of ${replicas} replicas`);
    }
  };
  try {
    await eventually(checks, { timeoutMs: START_TIMEOUT_MS });
    return sentinel;
  } catch (error) {
    await stopAll(sentinel.sentinels);
    throw error;
  }
}
