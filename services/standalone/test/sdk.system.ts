import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRestClient, createStreamClient, type StreamClient } from '@dms/client';
import { describeWith, eventually, temporaryDirectory } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { loadChat } from './support/chat.ts';
import { writeChatScript } from './support/chat-script.ts';
import { type Cluster, clusterNeeds, startCluster } from './support/deployment.ts';
import { endPrograms, exitCodeOf, runProgram, TOKEN } from './support/programs.ts';
import { type Simulator, startSimulator } from './support/simulator.ts';

const MESSAGES = 1_500;
const MESSAGES_PER_SECOND = 250;
const DRAIN_AT_EVENT = 300;
const KEY = 'canary-sdk-key';
const LONG = { timeoutMs: 60_000, intervalMs: 50 };

describeWith(clusterNeeds, 'the SDK and the command line, with a cluster', () => {
  let simulator: Simulator;
  let cluster: Cluster;
  let client: StreamClient | null = null;

  beforeAll(async () => {
    const chat = loadChat();
    const script = await writeChatScript({ ...chat, lines: chat.lines.slice(0, MESSAGES) });
    simulator = await startSimulator({ script, rate: MESSAGES_PER_SECOND });
    cluster = await startCluster(simulator.apiUrl, { ingesters: 1, gateways: 2 }, { env: { API_KEY: KEY } });
  }, 120_000);

  afterAll(async () => {
    client?.close();
    await endPrograms();
    await cluster?.stop();
  }, 60_000);

  /** As a load balancer does: each connection goes to the next gateway, whether it takes it or not. */
  const balanced = () => {
    const ports = cluster.doors.map(({ ws }) => new URL(ws).port);
    let next = 0;
    return class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        const target = new URL(url);
        target.port = ports[next++ % ports.length] ?? '';
        super(target.href, protocols);
      }
    };
  };

  it('I5: a drained gateway interrupts nobody: the new connection is there before the old one goes, and each event comes once', async () => {
    const seqs: number[] = [];
    const states: string[] = [];
    client = createStreamClient({ url: cluster.doors[0].http, since: 'all', key: KEY, WebSocket: balanced() });
    client.on('status', ({ state }) => void states.push(state));
    client.on('event', ({ s }) => void seqs.push(s));
    await eventually(() => expect(seqs.length).toBeGreaterThan(DRAIN_AT_EVENT), LONG);
    cluster.doors[0].program.kill('SIGTERM');
    await eventually(() => expect(seqs).toHaveLength(MESSAGES), LONG);
    expect(await exitCodeOf(cluster.doors[0].program)).toBe(0);

    expect(seqs).toEqual(Array.from({ length: MESSAGES }, (_, index) => index + 1));
    // Never without a stream: open, and open again on the other one.
    expect(states).toEqual(['connecting', 'open', 'open']);
    expect(client.state).toMatchObject({ behind: 0, resets: 0, connections: 2, link: { state: 'open' } });
  }, 120_000);

  it('pages through the whole history, and continues a snapshot exactly', async () => {
    const rest = createRestClient({ url: cluster.doors[1]?.http ?? '', key: KEY });
    const ids: string[] = [];
    for await (const { id } of rest.messages()) ids.push(id);
    expect(new Set(ids).size).toBe(MESSAGES);
    const { position } = await rest.snapshot();
    expect(position).toBe(client?.position);
    const forward: string[] = [];
    for await (const { id } of rest.messages({ after: '0' })) forward.push(id);
    expect(forward).toEqual(ids.reverse());
    expect((await rest.guilds()).length).toBeGreaterThan(0);
    expect((await rest.channels()).length).toBeGreaterThan(0);
  }, 60_000);

  it('`pnpm cli` exports, measures and examines it', async () => {
    const url = cluster.doors[1]?.http ?? '';
    const file = join(await temporaryDirectory(), 'history.ndjson');
    const run = async (env: Readonly<Record<string, string>>, ...args: readonly string[]) => {
      const program = await runProgram('cli', env, [...args, '--url', url]);
      return { code: await exitCodeOf(program), stdout: program.stdout, stderr: program.stderr };
    };
    expect(await run({ DMS_API_KEY: KEY }, 'export', file)).toMatchObject({ code: 0 });
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(new Set(lines.map((line): unknown => JSON.parse(line).id)).size).toBe(MESSAGES);

    const bench = await run(
      { DMS_API_KEY: KEY },
      'bench',
      '--clients',
      '10',
      '--seconds',
      '2',
      '--since',
      'all',
      '--json',
    );
    expect({ code: bench.code, stderr: bench.stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(bench.stdout)).toMatchObject({
      ...{ connected: 10, deliveries: 10 * MESSAGES, events: MESSAGES },
      ...{ gaps: 0, duplicates: 0, reorders: 0 },
    });

    const settings = {
      ...{ DISCORD_TOKEN: TOKEN, DISCORD_API_URL: simulator.apiUrl },
      ...{ DATABASE_URL: cluster.databaseUrl, REDIS_URL: cluster.redis.url },
    };
    const doctor = await run(settings, 'doctor');
    expect(doctor.code).toBe(0);
    expect(doctor.stdout).toMatch(/✔ schema +is there; 1500 events so far; an ingester works/);
    expect(doctor.stdout).toMatch(/✔ server at 127\.0\.0\.1:\d+ +is well/);
    expect(doctor.stdout).toMatch(/permissions=66560/);
  }, 120_000);
});
