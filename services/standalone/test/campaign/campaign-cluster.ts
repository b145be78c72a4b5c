import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DiscordSimulator, startDiscordSimulator } from '@dms/discord-simulator';
import { type Step, stepChannel } from '@dms/ingester';
import { eventually, freePort, queryPostgres, type SpawnedProcess, temporaryDirectory } from '@dms/test-kit';
import { type Cluster, type Door, startCluster } from '../support/deployment.ts';
import { type Clients, followWithFilters } from '../support/kill-run.ts';
import { runProgram, START_TIMEOUT_MS, TOKEN, TYPESCRIPT_LOADER } from '../support/programs.ts';
import { type Truth, truthSchema } from '../support/truth.ts';
import { CAMPAIGN_GUILD, startTraffic, type Traffic } from './traffic.ts';

const CRASH_AT = new URL('crash-at.ts', import.meta.url).href;
/** Far enough back for all that happens while an ingester is away. */
const RECONCILE_MESSAGES = '100000';

/** What an ingester does to itself when it comes to a step. */
export interface Crash {
  readonly step: Step;
  readonly visit: number;
  /** SIGSTOP freezes it where it is. */
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

export interface CampaignIngester {
  readonly program: SpawnedProcess;
  readonly metricsUrl: string;
  /** Resolves when it holds the lease; rejects when it ends without. */
  untilLeading(): Promise<void>;
  /** Whether it came to its crash. */
  hasCrashed(): Promise<boolean>;
}

/** One Discord with traffic, one cluster with one gateway, three clients of it; ingesters as they are wanted. */
export interface CampaignCluster {
  readonly simulator: DiscordSimulator;
  readonly databaseUrl: string;
  readonly door: Door;
  readonly clients: Clients;
  readonly traffic: Traffic;
  /** The one that opened the session with Discord. */
  readonly first: CampaignIngester;
  truth(): Truth;
  startIngester(options?: { readonly databaseUrl?: string; readonly crash?: Crash }): Promise<CampaignIngester>;
  /** Whether the session that is stored is one that Discord still resumes. */
  isSessionAlive(): Promise<boolean>;
  /** Ends the lease of one that is dead, if it is the last that held it. */
  endLeaseOf(dead: CampaignIngester): Promise<void>;
  stop(): Promise<void>;
}

/** Resolves when the first ingester leads, its session is stored and traffic has begun. */
export async function startCampaignCluster(seed: number): Promise<CampaignCluster> {
  let nowMs = 0;
  const simulator = await startDiscordSimulator({
    guilds: [CAMPAIGN_GUILD],
    seed,
    rateLimits: false,
    identifyIntervalMs: 0,
    // Every act has a millisecond of its own, so that two edits of a message can be told apart.
    now: () => {
      nowMs = Math.max(Date.now(), nowMs + 1);
      return nowMs;
    },
  });
  const cluster: Cluster = await startCluster(simulator.apiUrl, { ingesters: 0, gateways: 1 });
  const { databaseUrl } = cluster;
  const startIngester: CampaignCluster['startIngester'] = (options = {}) =>
    runIngester(
      { DATABASE_URL: databaseUrl, REDIS_URL: cluster.redis.url, DISCORD_API_URL: simulator.apiUrl },
      options,
    );
  const first = await startIngester();
  await simulator.ready;
  const traffic = startTraffic(simulator, seed);
  const truth = (): Truth => truthSchema.parse(simulator.truth());
  const [door] = cluster.doors;
  const clients = await followWithFilters([door.ws], { truth: async () => truth() }, 'Ada');
  const isSessionAlive = async (): Promise<boolean> => {
    const [stored] = await queryPostgres(databaseUrl, 'SELECT session_id FROM discord_session');
    return simulator.sessions().sessions.some(({ session_id }) => session_id === stored?.session_id);
  };
  await eventually(async () => {
    if (!(await isSessionAlive())) throw new Error('no session is stored');
  });
  return {
    simulator,
    databaseUrl,
    door,
    clients,
    traffic,
    first,
    truth,
    startIngester,
    isSessionAlive,
    async endLeaseOf({ program }) {
      await queryPostgres(databaseUrl, `UPDATE head SET expires = now() WHERE holder LIKE '%:${program.pid}'`);
    },
    async stop() {
      traffic.stop();
      await clients.stop();
      await simulator.close();
      await cluster.stop();
    },
  };
}

async function runIngester(
  backing: Readonly<Record<string, string>>,
  { databaseUrl, crash }: { readonly databaseUrl?: string; readonly crash?: Crash },
): Promise<CampaignIngester> {
  const metricsPort = await freePort();
  const marker = join(await temporaryDirectory(), 'crashed');
  const program = await runProgram('ingester', {
    ...backing,
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
    ...{ DISCORD_TOKEN: TOKEN, RECONCILE_MESSAGES, METRICS_PORT: String(metricsPort) },
    ...(crash !== undefined && {
      NODE_OPTIONS: `--import ${TYPESCRIPT_LOADER} --import ${CRASH_AT}`,
      CRASH_CHANNEL: stepChannel(crash.step),
      CRASH_VISIT: String(crash.visit),
      CRASH_SIGNAL: crash.signal,
      CRASH_MARKER: marker,
    }),
  });
  return {
    program,
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    async untilLeading() {
      await program.waitForLine(/lease acquired/, START_TIMEOUT_MS);
    },
    hasCrashed: async () =>
      crash !== undefined && (await readFile(marker, 'utf8').catch(() => '')).trim() === stepChannel(crash.step),
  };
}

/** Waits until there is no difference any more. @throws with the last one when that does not happen. */
export async function untilQuiet(difference: () => Promise<string | null>, timeoutMs: number): Promise<void> {
  let found: string | null = null;
  await eventually(
    async () => {
      found = await difference();
      if (found !== null) throw new Error(found);
    },
    { timeoutMs, intervalMs: 1_000 },
  ).catch((error: unknown) => {
    throw new Error(`not as it must be after ${timeoutMs} ms: ${found}`, { cause: error });
  });
}
