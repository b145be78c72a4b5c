import { setTimeout as delay } from 'node:timers/promises';
import { eventually, type PostgresOptions } from '@dms/test-kit';
import { expect } from '@jest/globals';
import { busiestUser, loadChat } from './chat.ts';
import { writeChatScript } from './chat-script.ts';
import { type ChurnCounts, churn } from './churn.ts';
import { type Cluster, startCluster } from './deployment.ts';
import { type Clients, followWithFilters, type Outcome, settle } from './kill-run.ts';
import { endPrograms } from './programs.ts';
import { report } from './report.ts';
import { type Simulator, startSimulator } from './simulator.ts';

const LINES = 2_000;
const MESSAGES_PER_SECOND = 100;
const HEALTH_TIMEOUT_MS = 60_000;
const PROBES = 25;
const PROBE_INTERVAL_MS = 40;

/** Two ingesters, two gateways and their clients in the middle of a conversation in which people also edit and delete. */
export interface Storm {
  readonly simulator: Simulator;
  readonly cluster: Cluster;
  readonly clients: Clients;
  /** Resolves when the first gateway says so. */
  untilHealth(status: HealthStatus): Promise<void>;
  /** From the moment before Discord is told of a message to its arrival at a client, in milliseconds, of 25 messages in one
   *  second, the shortest first. */
  measureLags(): Promise<readonly number[]>;
  /** Ends the conversation and waits until everything has arrived. */
  calm(): Promise<Outcome & { readonly churned: ChurnCounts }>;
  stop(): Promise<void>;
}

export type HealthStatus = 'ok' | 'degraded';

export const untilHealth = (http: string, status: HealthStatus): Promise<void> =>
  eventually(
    async () => {
      const health: unknown = await (await fetch(`${http}/health`)).json();
      expect(health).toMatchObject({ status });
    },
    { timeoutMs: HEALTH_TIMEOUT_MS, intervalMs: 100 },
  );

export async function startStorm(postgres: PostgresOptions = {}): Promise<Storm> {
  const chat = loadChat();
  const script = await writeChatScript({ ...chat, lines: chat.lines.slice(0, LINES) });
  const simulator = await startSimulator({ script, rate: MESSAGES_PER_SECOND });
  const cluster = await startCluster(simulator.apiUrl, { ingesters: 2, gateways: 2, postgres });
  const [door] = cluster.doors;
  const clients = await followWithFilters(
    cluster.doors.map(({ ws }) => ws),
    simulator,
    busiestUser(chat),
  );
  const channel = chat.lines[0]?.channel ?? '';
  const stopChurn = churn(simulator, channel);
  await clients.untilMore(100);

  const lagOfOne = async (): Promise<number> => {
    const { everything } = clients;
    let next = everything.events.length;
    const startedMs = performance.now();
    const id = await simulator.post({ channel, user: 'Probe', text: 'how late am I?' });
    await everything.waitFor((events) => {
      for (; next < events.length; next += 1) if (events[next]?.d.id === id) return true;
      return false;
    }, 60_000);
    return performance.now() - startedMs;
  };

  return {
    simulator,
    cluster,
    clients,
    untilHealth: (status) => untilHealth(door.http, status),
    async measureLags() {
      const lags: Promise<number>[] = [];
      for (let probe = 0; probe < PROBES; probe += 1) {
        lags.push(lagOfOne());
        await delay(PROBE_INTERVAL_MS);
      }
      return (await Promise.all(lags)).sort((a, b) => a - b);
    },
    async calm() {
      const churned = await stopChurn();
      report(`beside the chat ${churned.posted} messages, ${churned.edited} edits, ${churned.deleted} deletes`);
      return { ...(await settle(simulator, clients, door)), churned };
    },
    async stop() {
      await stopChurn().catch(() => {});
      await clients.stop();
      await endPrograms();
      await cluster.stop();
    },
  };
}
