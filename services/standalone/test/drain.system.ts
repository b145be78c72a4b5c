import { setTimeout as delay } from 'node:timers/promises';
import {
  describeWith,
  openTestConnection,
  type SpawnedProcess,
  type TestConnection,
  temporaryDirectory,
} from '@dms/test-kit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, clusterNeeds, startCluster, startStandalone } from './support/deployment.ts';
import { endPrograms, outputOf, runProgram, stackLinesOf } from './support/programs.ts';
import { report, seconds, timed } from './support/report.ts';
import { type Simulator, startSimulator } from './support/simulator.ts';

const MAX_STOP_MS = 20_000;
const CLIENTS = 3;
const RECONNECT = 7;
const ERROR = 103;

const connect = (wsUrl: string): Promise<readonly TestConnection[]> =>
  Promise.all(Array.from({ length: CLIENTS }, () => openTestConnection(wsUrl)));

/** Asks until the door is closed; every answer is noted. */
async function readinessUntilClosed(http: string): Promise<readonly number[]> {
  const statuses: number[] = [];
  const deadline = performance.now() + MAX_STOP_MS;
  while (performance.now() < deadline) {
    const answer = await fetch(`${http}/health/ready`, { headers: { connection: 'close' } }).catch(() => null);
    if (answer === null) break;
    await answer.body?.cancel();
    statuses.push(answer.status);
    await delay(25);
  }
  return statuses;
}

async function expectGoodbye(
  program: SpawnedProcess,
  clients: readonly TestConnection[],
  http: string,
  signal: NodeJS.Signals,
) {
  const statuses = readinessUntilClosed(http);
  const { value: exit, ms } = await timed(() => {
    program.kill(signal);
    return program.exited;
  });
  report(`${signal} with ${clients.length} clients: gone after ${seconds(ms)}`);
  expect(exit).toEqual({ code: 0, signal: null });
  expect(ms).toBeLessThan(MAX_STOP_MS);
  expect(await statuses).toContain(503);
  for (const client of clients) {
    const ops = client.frames.map(({ op }) => op).filter((op) => op === RECONNECT || op === ERROR);
    expect(ops).toEqual([RECONNECT, ERROR]);
    expect(await client.closed).toMatchObject({ code: 1012 });
  }
  expect(stackLinesOf(program)).toEqual([]);
}

describe('Ctrl-C at the standalone', () => {
  afterEach(endPrograms);

  it('asks clients to move, closes what is left with 1012, says so and exits 0', async () => {
    const simulator = await startSimulator({ rate: 20 });
    const [door] = (await startStandalone(simulator.apiUrl)).doors;
    const clients = await connect(door.ws);
    await expectGoodbye(door.program, clients, door.http, 'SIGINT');
    expect(door.program.stdout).toMatch(new RegExp(`drained ${CLIENTS} clients · last seq \\d+ · bye`));
    expect(door.program.stdout).toMatch(/draining signal=SIGINT/);
  }, 90_000);

  it('ends a start that is still under way, too', async () => {
    const program = await runProgram('standalone', { PORT: '0', DATA_DIR: await temporaryDirectory() });
    await program.waitForLine(/embedded database is creating/, 60_000);
    program.kill('SIGINT');
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect(stackLinesOf(program)).toEqual([]);
  }, 90_000);
});

describeWith(clusterNeeds, 'SIGTERM in a cluster', () => {
  let simulator: Simulator;
  let cluster: Cluster;

  beforeAll(async () => {
    simulator = await startSimulator({ rate: 50 });
    cluster = await startCluster(simulator.apiUrl, { ingesters: 2, gateways: 2 });
  }, 120_000);

  afterAll(async () => {
    await endPrograms();
    await cluster?.stop();
  }, 60_000);

  it('at a gateway: not ready, clients asked to move, 1012 for the rest, exit 0', async () => {
    const [door] = cluster.doors;
    const clients = await connect(door.ws);
    await expectGoodbye(door.program, clients, door.http, 'SIGTERM');
    expect(outputOf(door.program)).toMatch(/drained connections=3/);
  }, 60_000);

  it('at the active ingester: what it had is stored, exit 0, and the standby leads at once', async () => {
    const [active, standby] = cluster.ingesters();
    if (active === undefined || standby === undefined) throw new Error('two ingesters must run');
    const reader = await openTestConnection(cluster.doors[1]?.ws ?? '', { since: 'all' });
    await reader.waitForEvents(50, 30_000);
    const { ms } = await timed(async () => {
      active.kill('SIGTERM');
      expect(await active.exited).toEqual({ code: 0, signal: null });
      await standby.waitForLine(/lease acquired/, MAX_STOP_MS);
    });
    report(`active ingester told to stop: the standby led after ${seconds(ms)}`);
    expect(ms).toBeLessThan(MAX_STOP_MS);
    const before = reader.events.length;
    await reader.waitForEvents(before + 50, 30_000);
    expect(reader.violations).toEqual([]);
    expect(stackLinesOf(active)).toEqual([]);
  }, 90_000);
});
