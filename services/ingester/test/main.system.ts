import { fileURLToPath } from 'node:url';
import { type DiscordSimulator, startDiscordSimulator } from '@dms/discord-simulator';
import { type EmbeddedDatabase, startEmbeddedDatabase } from '@dms/embedded-database';
import { type EventLog, migrate, openEventLog } from '@dms/event-log';
import { eventually, type SpawnedProcess, spawnProcess } from '@dms/test-kit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createdTwice, eventsOf, expectedMessages, storedMessages } from './support/truth.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TOKEN = 'dGVzdA.main.test';
/** Lease and two seconds. */
const TAKEOVER_MS = 7_000;
const EXIT_CONFIG = 78;

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
