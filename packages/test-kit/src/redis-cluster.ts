import { eventually } from './eventually.ts';
import { startOnFreePorts } from './free-port.ts';
import { startAll, stopAll } from './redis-process.ts';
import { type RedisServer, startRedisServer } from './redis-server.ts';

/** A Redis Cluster that calls a node failed after two seconds of silence. */
export interface RedisCluster {
  /** `redis-cluster://…` with all nodes. */
  readonly url: string;
  /** Three masters, then the replicas. */
  readonly nodes: readonly RedisServer[];
  stop(): Promise<void>;
}

export interface RedisClusterOptions {
  /** Of the first masters, one each; default 0. */
  readonly replicas?: number;
}

const MASTERS = 3;
const SLOTS = 16_384;
/** The bus of a node listens on its port + 10,000. */
const MAX_PORT = 55_535;
const SETTINGS = { 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000', 'repl-diskless-sync-delay': '0' };
const START_TIMEOUT_MS = 30_000;

/** Resolves when every node says that the cluster is sound. @throws Error with the reason when there is no Redis program. */
export function startRedisCluster({ replicas = 0 }: RedisClusterOptions = {}): Promise<RedisCluster> {
  const count = MASTERS + replicas;
  const start = async (ports: readonly number[]): Promise<RedisCluster> => {
    const nodes = await startAll(ports.map((port) => startRedisServer(port, SETTINGS)));
    try {
      await form(nodes);
    } catch (error) {
      await stopAll(nodes);
      throw error;
    }
    const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
    return { url: `redis-cluster://${hosts}`, nodes, stop: () => stopAll(nodes) };
  };
  return startOnFreePorts(count, start, MAX_PORT);
}

/** What `redis-cli --cluster create` does. */
async function form(nodes: readonly RedisServer[]): Promise<void> {
  const masters = nodes.slice(0, MASTERS);
  const bounds = Array.from({ length: MASTERS + 1 }, (_, index) => Math.floor((index * SLOTS) / MASTERS));
  await Promise.all(
    masters.map(async (master, index) => {
      const [first = 0, end = 0] = bounds.slice(index);
      const slots = Array.from({ length: end - first }, (_, offset) => String(first + offset));
      await master.command('CLUSTER', 'ADDSLOTS', ...slots);
    }),
  );
  await Promise.all(nodes.map((node, index) => node.command('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))));
  const [first, ...others] = nodes;
  await Promise.all(others.map(({ port }) => first?.command('CLUSTER', 'MEET', '127.0.0.1', String(port))));
  await everyNode(nodes, `cluster_known_nodes:${nodes.length}`);
  await Promise.all(
    nodes.slice(MASTERS).map(async (replica, index) => {
      const id = (await masters[index]?.command('CLUSTER', 'MYID')) ?? '';
      await replica.command('CLUSTER', 'REPLICATE', id);
    }),
  );
  await everyNode(nodes, 'cluster_state:ok');
}

async function everyNode(nodes: readonly RedisServer[], expected: string): Promise<void> {
  const check = async (node: RedisServer): Promise<void> => {
    const info = await node.command('CLUSTER', 'INFO');
    if (!info.includes(expected))
      throw new Error(`the node at port ${node.port} does not say ${expected} but: ${info}`);
  };
  await eventually(() => Promise.all(nodes.map(check)), { timeoutMs: START_TIMEOUT_MS });
}
