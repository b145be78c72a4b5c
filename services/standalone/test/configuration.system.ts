import { createServer } from 'node:net';
import { temporaryDirectory } from '@dms/test-kit';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startStandalone } from './support/deployment.ts';
import {
  endPrograms,
  exitCodeOf,
  outputOf,
  runProgram,
  START_TIMEOUT_MS,
  stackLinesOf,
  TOKEN,
} from './support/programs.ts';
import { startSimulator } from './support/simulator.ts';

const EXIT_CONFIG = 78;
const SECRET = 'hush-this-is-no-token';

afterEach(endPrograms);

describe('a configuration that cannot work', () => {
  it('is refused by the standalone with every problem at once, without repeating a secret', async () => {
    const program = await runProgram('standalone', {
      PORT: 'eighty',
      LOG_LEVEL: 'loud',
      DISCORD_TOKEN: SECRET,
      DATABASE_URL: 'mysql://nope',
      REDIS_URL: 'http://nope',
      API_KEYS: 'broken',
      TRUST_PROXY: 'true',
      WS_MAX_CONNECTIONS: '0',
      DISCORD_GUILD_ID: 'general',
    });
    expect(await exitCodeOf(program)).toBe(EXIT_CONFIG);
    const named = program.stderr.split('\n').map((line) => line.split(' ')[0]);
    const wrong = ['PORT', 'LOG_LEVEL', 'DISCORD_TOKEN', 'DATABASE_URL', 'REDIS_URL', 'API_KEYS', 'TRUST_PROXY'];
    expect(named.sort()).toEqual([...wrong, 'WS_MAX_CONNECTIONS', 'DISCORD_GUILD_ID'].sort());
    expect(outputOf(program)).not.toContain(SECRET);
    expect(stackLinesOf(program)).toEqual([]);
  });

  it.each([
    ['gateway', ['DATABASE_URL', 'REDIS_URL']],
    ['ingester', ['DATABASE_URL', 'DISCORD_TOKEN', 'REDIS_URL']],
  ] as const)('is refused by the %s, which names what it cannot do without', async (name, required) => {
    const program = await runProgram(name);
    expect(await exitCodeOf(program)).toBe(EXIT_CONFIG);
    const lines = program.stderr.split('\n').sort();
    expect(lines.map((line) => line.split(' is required: ')[0])).toEqual([...required]);
    expect(lines.filter((line) => !/is required: \S/.test(line))).toEqual([]);
  });

  it.each(['gateway', 'ingester', 'standalone'] as const)(
    'is refused by the %s for a broker URL of no use',
    async (name) => {
      const program = await runProgram(name, {
        DATABASE_URL: 'postgresql://127.0.0.1/x',
        DISCORD_TOKEN: TOKEN,
        REDIS_URL: `redis-sentinel://:${SECRET}@127.0.0.1`,
      });
      expect(await exitCodeOf(program)).toBe(EXIT_CONFIG);
      expect(program.stderr).toBe('REDIS_URL must have /master-name or /master-name/database behind its hosts');
    },
  );

  it('is refused by migrate, which says what the variable must be', async () => {
    const program = await runProgram('migrate');
    expect(await exitCodeOf(program)).toBe(EXIT_CONFIG);
    expect(program.stderr).toMatch(/^migrate: DATABASE_URL is not set; it must be postgresql:\/\/\S+$/);
  });
});

describe('a bot that Discord will not have', () => {
  let dataDirectory: string;
  const startAgainst = (apiUrl: string) =>
    runProgram('standalone', { DISCORD_TOKEN: TOKEN, DISCORD_API_URL: apiUrl, DATA_DIR: dataDirectory, PORT: '0' });

  beforeAll(async () => {
    dataDirectory = await temporaryDirectory();
  });

  it('a token that Discord refuses ends it with one sentence that says where a fresh one is', async () => {
    const simulator = await startSimulator({ rate: 0, token: 'another.bot.token' });
    const program = await startAgainst(simulator.apiUrl);
    expect(await exitCodeOf(program)).toBe(EXIT_CONFIG);
    expect(program.stderr).toMatch(/^Discord refuses the bot token: .*discord\.com\/developers.*DISCORD_TOKEN\.$/);
    expect(stackLinesOf(program)).toEqual([]);
    expect(outputOf(program)).not.toContain(TOKEN);
  });

  it.each([
    [4004, /^Discord refuses the bot token: .*Reset Token.*$/],
    [4014, /^Message Content Intent is off: .*discord\.com\/developers.*Privileged Gateway Intents.*$/],
  ])('close code %d ends it with one sentence that names the place in the portal', async (code, sentence) => {
    const simulator = await startSimulator({ rate: 0 });
    const fault = await simulator.addFault({ kind: 'refuse_identify', code, times: 0 });
    const program = await startAgainst(simulator.apiUrl);
    expect(await exitCodeOf(program)).toBe(EXIT_CONFIG);
    expect(program.stderr).toMatch(sentence);
    expect(stackLinesOf(program)).toEqual([]);
    expect(await simulator.fired(fault)).toBe(1);
  });
});

describe('a place that is taken', () => {
  it.each(['standalone', 'gateway'] as const)('a taken port ends the %s with the remedy', async (name) => {
    const squatter = createServer();
    const port = await new Promise<number>((resolve) => {
      squatter.listen(0, () => {
        const address = squatter.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    try {
      const program = await runProgram(name, {
        PORT: String(port),
        DATA_DIR: await temporaryDirectory(),
        DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
        REDIS_URL: 'memory:',
      });
      expect(await exitCodeOf(program, 20_000)).toBeGreaterThan(0);
      expect(program.stderr).toMatch(new RegExp(`Port ${port} is taken.*PORT=`));
      expect(stackLinesOf(program)).toEqual([]);
    } finally {
      await new Promise((resolve) => squatter.close(resolve));
    }
  });

  it('a second standalone on the same data directory ends with a sentence, and the first goes on', async () => {
    const simulator = await startSimulator({ rate: 1 });
    const first = await startStandalone(simulator.apiUrl);
    const second = await runProgram('standalone', {
      DISCORD_TOKEN: TOKEN,
      DISCORD_API_URL: simulator.apiUrl,
      DATA_DIR: first.dataDirectory,
      PORT: '0',
    });
    expect(await exitCodeOf(second, START_TIMEOUT_MS)).toBeGreaterThan(0);
    expect(second.stderr).toMatch(
      /^Cannot start: .* in use by process \d+; stop that one first or choose another directory with DATA_DIR\.$/,
    );
    expect(stackLinesOf(second)).toEqual([]);
    expect((await fetch(`${first.doors[0].http}/health/ready`)).status).toBe(200);
  });
});
