import { type SwarmClient, startSwarmClient } from './swarm-client.ts';
import type { SwarmStatus } from './swarm-status.ts';

// swarm.ts URL CLIENTS ADDRESS[,ADDRESS…]: that many readers, spread over the local addresses, until SIGTERM. A process of its
// own, so that half a thousand readers and the test that watches them do not wait for each other.

const STATUS_INTERVAL_MS = 500;
const MAX_LISTED = 5;

const [url = '', count = '0', addresses = ''] = process.argv.slice(2);
const local = addresses.split(',');
const clients = Array.from({ length: Number(count) }, (_, index) =>
  startSwarmClient(url, local[index % local.length] ?? '', index),
);

const timer = setInterval(() => process.stdout.write(`${JSON.stringify(summary(clients))}\n`), STATUS_INTERVAL_MS);
process.once('SIGTERM', () => {
  clearInterval(timer);
  void Promise.all(clients.map((client) => client.stop()));
});

function summary(all: readonly SwarmClient[]): SwarmStatus {
  const failures = new Map<string, number>();
  for (const [why, times] of all.flatMap((client) => [...client.failures])) {
    failures.set(why, (failures.get(why) ?? 0) + times);
  }
  return {
    clients: all.length,
    connected: all.filter(({ isConnected }) => isConnected).length,
    minSeq: Math.min(...all.map(({ seq }) => seq)),
    maxSeq: Math.max(...all.map(({ seq }) => seq)),
    digests: [...new Set(all.map(({ digest }) => digest))].slice(0, MAX_LISTED),
    connections: sum(all.map(({ connections }) => connections)),
    losses: sum(all.map(({ losses }) => losses)),
    longestGapMs: Math.round(Math.max(...all.map(({ longestGapMs }) => longestGapMs))),
    violations: all.flatMap(({ violations }) => violations).slice(0, MAX_LISTED),
    failures: Object.fromEntries(failures),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
