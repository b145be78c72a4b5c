import { fileURLToPath } from 'node:url';
import { type DiscordSimulator, startDiscordSimulator } from '@dms/discord-simulator';
import { type EmbeddedDatabase, startEmbeddedDatabase } from '@dms/embedded-database';
import { type EventLog, migrate, openEventLog } from '@dms/event-log';
import { eventually, type SpawnedProcess, spawnProcess } from '@dms/test-kit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SIMULATED_TOKEN } from '../src/config.ts';
import { createdTwice, eventsOf, expectedMessages, storedMessages } from './support/truth.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TOKEN = 'dGVzdA.main.test';
/** Lease and two seconds. */
const TAKEOVER_MS = 7_000;
const EXIT_CONFIG = 78;
const EXIT_UNAVAILABLE = 69;
/** The discard port, which nobody listens on. */
const NO_DATABASE = 'postgresql://postgres@127.0.0.1:9/postgres';

let database: EmbeddedDatabase;
let log: EventLog;
let seed = 0;
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  database = await startEmbeddedDatabase({ directory: null });
  await migrate(database.url);
  log = await openEventLog(database.url, { poolSize: 2 });
}, 60_000);
afterAll(async () => {
  await log.close();
  await database.stop();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startSimulator(token = TOKEN): Promise<DiscordSimulator> {
  seed += 1;
  const guilds = [{ name: 'The Guild', channels: ['general'], members: ['ada'] }];
  const simulator = await startDiscordSimulator({ guilds, token, seed, identifyIntervalMs: 0, rateLimits: false });
  cleanups.push(() => simulator.close());
  return simulator;
}

async function startMain(env: Readonly<Record<string, string>>): Promise<SpawnedProcess> {
  const child = await spawnProcess(process.execPath, ['--import', 'tsx', '--conditions=source', MAIN], {
    cwd: ROOT,
    env,
  });
  cleanups.push(() => child.stop());
  return child;
}

const settings = (simulator: DiscordSimulator): Readonly<Record<string, string>> => ({
  DISCORD_TOKEN: TOKEN,
  DISCORD_API_URL: simulator.apiUrl,
  DATABASE_URL: database.url,
  REDIS_URL: 'memory:',
});

/** What the process answers on the port that it chose. */
async function ask(child: SpawnedProcess, path: string): Promise<{ status: number; body: unknown }> {
  const line = await child.waitForLine(/metricsPort=\d+/);
  const response = await fetch(`http://127.0.0.1:${/metricsPort=(\d+)/.exec(line)?.[1]}${path}`);
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

const say = (simulator: DiscordSimulator, count: number): void => {
  for (let index = 1; index <= count; index += 1) {
    simulator.createMessage({ channel: 'general', user: 'ada', text: `text ${index}` });
  }
};

describe('the ingester process', () => {
  it('names every missing setting at once and exits 78', async () => {
    const child = await startMain({});
    expect(await child.exited).toMatchObject({ code: EXIT_CONFIG });
    for (const name of ['DISCORD_TOKEN', 'DATABASE_URL', 'REDIS_URL'])
      expect(child.stderr).toContain(`${name} is required`);
  });

  it('says what to do about a refused token, without showing it, and exits 78', async () => {
    const simulator = await startSimulator('another.token.entirely');
    const child = await startMain(settings(simulator));
    expect(await child.exited).toMatchObject({ code: EXIT_CONFIG });
    expect(child.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^Discord refuses the bot token: .*DISCORD_TOKEN/),
    ]);
    expect(child.stdout + child.stderr).not.toContain(TOKEN);
  });

  it('without a token plays the demo of the simulator it is given, and says so once', async () => {
    const simulator = await startSimulator(SIMULATED_TOKEN);
    const child = await startMain({
      ...{ DISCORD_TOKEN: '', DISCORD_TOKEN_FILE: '/dev/null', SIMULATOR_API_URL: simulator.apiUrl },
      ...{ DATABASE_URL: database.url, REDIS_URL: 'memory:' },
    });
    await child.waitForLine(/discord session started/, 20_000);
    expect(child.stdout.match(/demo with a simulated discord/g)).toHaveLength(1);
    expect(child.stdout).not.toContain(SIMULATED_TOKEN);
    child.kill('SIGTERM');
    expect(await child.exited).toEqual({ code: 0, signal: null });
  }, 60_000);

  it('is alive while it waits for its database, active or standing by once it is there, until it has stopped', async () => {
    const simulator = await startSimulator();
    const nowhere = await startMain({ ...settings(simulator), METRICS_PORT: '0', DATABASE_URL: NO_DATABASE });
    await nowhere.waitForLine(/waiting for database/, 20_000);
    expect(await ask(nowhere, '/health/live')).toEqual({ status: 200, body: { status: 'live' } });
    expect(await ask(nowhere, '/health/ready')).toMatchObject({
      status: 503,
      body: { status: 'down', role: 'standby', reasons: ['waiting for the database'] },
    });

    const first = await startMain({ ...settings(simulator), METRICS_PORT: '0' });
    await first.waitForLine(/discord session started/, 20_000);
    const second = await startMain({ ...settings(simulator), METRICS_PORT: '0' });
    await second.waitForLine(/standing by/, 20_000);
    await eventually(async () =>
      expect(await ask(first, '/health/ready')).toMatchObject({ status: 200, body: { status: 'ok', role: 'active' } }),
    );
    expect(await ask(second, '/health/ready')).toMatchObject({ status: 200, body: { status: 'ok', role: 'standby' } });
    expect((await ask(first, '/metrics')).body).toMatch(/^dms_ingester_leading 1$/m);
    expect((await ask(second, '/metrics')).body).toMatch(/^dms_ingester_leading 0$/m);

    for (const child of [nowhere, first, second]) child.kill('SIGTERM');
    for (const child of [nowhere, first, second]) expect(await child.exited).toEqual({ code: 0, signal: null });
  }, 60_000);

  it('names METRICS_PORT when that port is taken', async () => {
    const simulator = await startSimulator();
    const child = await startMain({ ...settings(simulator), METRICS_PORT: String(simulator.port) });
    expect(await child.exited).toMatchObject({ code: EXIT_UNAVAILABLE });
    expect(child.stderr).toMatch(/^Port \d+ is taken by another program: .* with METRICS_PORT=\d+\.$/m);
  });

  it('killed at once, is replaced in time by the one that stands by; nothing is lost or stored twice', async () => {
    const simulator = await startSimulator();
    const first = await startMain(settings(simulator));
    await first.waitForLine(/discord session started/, 20_000);
    const second = await startMain(settings(simulator));
    await second.waitForLine(/standing by/, 20_000);
    say(simulator, 200);
    first.kill('SIGKILL');
    await first.exited;
    const killedMs = performance.now();
    say(simulator, 200);
    await second.waitForLine(/discord session resumed/, 15_000);
    expect(performance.now() - killedMs).toBeLessThan(TAKEOVER_MS);
    say(simulator, 200);
    await eventually(async () => expect(await storedMessages(log, simulator)).toEqual(expectedMessages(simulator)));
    expect(createdTwice(await eventsOf(log, simulator))).toEqual([]);

    second.kill('SIGTERM');
    expect(await second.exited).toEqual({ code: 0, signal: null });
    expect(await log.writerState()).toMatchObject({ isHeld: false });
  }, 90_000);
});
