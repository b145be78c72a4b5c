import type { Redis } from 'ioredis';
import { type HostPort, isSameHost, passwordsOf, type RedisUrl } from './broker-url.ts';
import { createClusterKeyRoute } from './redis-cluster-key-route.ts';
import type { RedisRoute, RedisRoutes } from './redis-route.ts';

type ClusterUrl = Extract<RedisUrl, { kind: 'cluster' }>;

/** To any node of a cluster, because each passes a PUBLISH on to all others over the cluster bus, replicas included. Slots do not
 *  matter, so a plain connection is enough, and this one knows when it lost something: ioredis' own cluster client changes the node
 *  it subscribes to without a word.
 *
 *  Nodes are tried in turn, in random order so that many processes spread over them: those of the URL and those that the connected
 *  node names, which is asked again and again, since nodes come and go in the life of a process. */
export function createClusterRoutes(url: ClusterUrl): RedisRoutes {
  return {
    create: () => createClusterRoute(url),
    createForKeys: (hashTag) => createClusterKeyRoute(url, hashTag),
    close: async () => {},
  };
}

function createClusterRoute(url: ClusterUrl): RedisRoute {
  let known = url.nodes;
  let untried: readonly HostPort[] = [];
  let latest: HostPort | null = null;
  return {
    access: url.access,
    secrets: passwordsOf(url.access.login),
    async locate() {
      const [next, ...others] = untried.length > 0 ? untried : shuffled(known);
      if (next === undefined) throw new RangeError('a cluster has at least one node');
      latest = next;
      untried = others;
      return next;
    },
    async objection(redis) {
      const answer = await askForNodes(redis);
      if (typeof answer === 'string') return answer;
      if (answer === null) return null;
      known = distinct([...url.nodes, ...answer]);
      untried = shuffled(known.filter((node) => latest === null || !isSameHost(node, latest)));
      return null;
    },
  };
}

/** The nodes that serve slots and their replicas; why they are no cluster; null = it does not say. */
async function askForNodes(redis: Redis): Promise<readonly HostPort[] | string | null> {
  let ranges: readonly unknown[];
  try {
    ranges = await redis.cluster('SLOTS');
  } catch (error) {
    const isPlain = error instanceof Error && error.message.includes('cluster support disabled');
    return isPlain ? 'the server is not a node of a cluster' : null;
  }
  // A node that was taken out of its cluster goes on answering, but its bus leads nowhere.
  if (ranges.length === 0) return 'the node knows of no cluster';
  return ranges.flatMap((range) => (Array.isArray(range) ? range.slice(2).flatMap(readNode) : []));
}

/** `[host, port, id, …]`. The host is null or empty when the node itself does not know under which name it is reached. */
function readNode(node: unknown): readonly HostPort[] {
  const [host, port]: readonly unknown[] = Array.isArray(node) ? node : [];
  return typeof host === 'string' && typeof port === 'number' && /^[^?]/.test(host) ? [{ host, port }] : [];
}

const distinct = (nodes: readonly HostPort[]): readonly HostPort[] =>
  nodes.filter((node, index) => nodes.findIndex((other) => isSameHost(other, node)) === index);

function shuffled(nodes: readonly HostPort[]): readonly HostPort[] {
  return nodes
    .map((node) => ({ node, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ node }) => node);
}
