import { describeWith, eventually, type SpawnedProcess } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { busiestUser, loadChat } from './support/chat.ts';
import { writeChatScript } from './support/chat-script.ts';
import { churn } from './support/churn.ts';
import { type Cluster, clusterNeeds, describeRestart, startCluster } from './support/deployment.ts';
import {
  arrived,
  type Clients,
  changeThings,
  expectArchive,
  expectStreams,
  followWithFilters,
  type Outcome,
  settle,
} from './support/kill-run.ts';
import { endPrograms, killProgram } from './support/programs.ts';
import { report, seconds, timed } from './support/report.ts';
import { type Simulator, startSimulator } from './support/simulator.ts';
import { seen } from './support/stream-view.ts';

const MESSAGES_PER_SECOND = 200;
/** Of the chat; what people say, edit and delete beside it lasts as long as the kills do. */
const LINES = 8_000;
const RUN_TIMEOUT_MS = 600_000;
/** A lease of 5 s, a try each second, and the statement itself. */
const MAX_TAKEOVER_MS = 7_000;
const whole = loadChat();
const chat = { ...whole, lines: whole.lines.slice(0, LINES) };

/** Of its newest tenure; 0 when it never led. On a busy machine the lease may change hands by itself. */
const termOf = ({ stdout }: SpawnedProcess): number =>
  Number([...stdout.matchAll(/lease acquired term=(\d+)/g)].at(-1)?.[1] ?? 0);

describeWith(clusterNeeds, `a cluster whose every process is killed within ${LINES} messages of ${chat.title}`, () => {
  let simulator: Simulator;
  let cluster: Cluster;
  let clients: Clients;
  let outcome: Outcome;
  let takeoverMs: number;
  const terms = (): number => new Set(outcome.log.map(({ p }) => p.split(':')[0])).size;

  /** From the kill to the moment the standby holds the lease. */
  const killActiveIngester = async (): Promise<number> => {
    const [active, standby] = cluster.ingesters().toSorted((a, b) => termOf(b) - termOf(a));
    if (active === undefined || standby === undefined)
      throw new Error('there must be one that leads and one that waits');
    const term = termOf(active);
    const { ms } = await timed(async () => {
      await killProgram(active);
      await eventually(() => expect(termOf(standby)).toBeGreaterThan(term), { timeoutMs: 20_000 });
    });
    await cluster.startIngester();
    return ms;
  };

  const killGateways = async (): Promise<void> => {
    for (const [index, door] of cluster.doors.entries()) {
      await door.kill();
      await clients.untilMore(100);
      report(`gateway ${index + 1} killed; ready again after ${describeRestart(await door.restart())}`);
    }
  };

  const killRedis = async (): Promise<void> => {
    await cluster.redis.kill();
    await clients.untilMore(100);
    await cluster.redis.restart();
    await eventually(async () => expect(await cluster.redis.command('PUBSUB', 'NUMSUB', 'none')).toBeDefined());
    await clients.untilMore(100);
  };

  const killPostgres = async (): Promise<void> => {
    const { ms } = await timed(async () => {
      await cluster.postgres.kill('SIGQUIT');
      await cluster.postgres.restart();
      await clients.untilMore(1);
    });
    report(`PostgreSQL stopped at once and started again; events flowed again after ${seconds(ms)}`);
    await clients.untilMore(100);
  };

  beforeAll(async () => {
    simulator = await startSimulator({ script: await writeChatScript(chat), rate: MESSAGES_PER_SECOND });
    cluster = await startCluster(simulator.apiUrl, { ingesters: 2, gateways: 3 });
    const urls = cluster.doors.map(({ ws }) => ws);
    clients = await followWithFilters(urls, simulator, busiestUser(chat));
    await simulator.untilPlayed(1_500);
    const channel = chat.lines[0]?.channel ?? '';
    // However much of the chat is left by then, each kill meets messages, edits and deletes.
    const stopChurn = churn(simulator, channel);
    await clients.untilMore(1);

    takeoverMs = await killActiveIngester();
    report(`active ingester killed; the standby led after ${seconds(takeoverMs)}`);
    await killGateways();
    await killRedis();
    await killPostgres();
    const { script } = await simulator.status();
    const { posted, edited, deleted } = await stopChurn();
    report(`all killed by message ${script?.played} of ${script?.total}`);
    report(`${posted} more beside them, ${edited} edits, ${deleted} deletes`);

    await changeThings(simulator, channel);
    outcome = await settle(simulator, clients, cluster.doors[1] ?? cluster.doors[0]);
    report(`${outcome.log.length} events, ${arrived(outcome.log, 'resume')} dispatched again, ${terms()} terms`);
  }, RUN_TIMEOUT_MS);

  afterAll(async () => {
    await clients?.stop();
    await endPrograms();
    await cluster?.stop();
  });

  it('a standby leads within 7 s of the active ingester’s death', () => {
    expect(takeoverMs).toBeLessThan(MAX_TAKEOVER_MS);
  });

  it('every fault fired: new terms, new connections; one session with Discord went on through all of it', async () => {
    // One term to begin with, one for the standby, one after the database came back.
    expect(terms()).toBeGreaterThanOrEqual(3);
    expect(arrived(outcome.log, 'resume')).toBeGreaterThan(100);
    expect(await simulator.sessions()).toMatchObject({ identifies: 1 });
    expect(clients.everything.connectionCount).toBeGreaterThan(2);
  });

  it('I5, I6: each client received the log through its filter once, in order, across gateways, without a reset', () => {
    expectStreams(clients, outcome);
  });

  it('I1, I3, I8: the archive equals what was said on Discord, and the log has no hole', async () => {
    await expectArchive(cluster.doors[0].http, outcome);
  });

  it('I7: every gateway is live again and tells the same history', async () => {
    const last = outcome.log.map(seen).at(-1);
    for (const door of cluster.doors) {
      await eventually(async () => {
        const health: unknown = await (await fetch(`${door.http}/health`)).json();
        expect(health).toMatchObject({ status: 'ok' });
      });
    }
    expect(last?.seq).toBe(outcome.log.length);
  });
});
