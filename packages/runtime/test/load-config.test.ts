import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  commonSettings,
  type LoadedConfig,
  loadConfig,
  optional,
  type Settings,
  setting,
  withDefault,
} from '@dms/runtime';
import { temporaryDirectory } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';

const CANARY = 'canary-4f1d-secret';

function configOf<S extends Settings>(loaded: LoadedConfig<S>) {
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

function problemsOf(loaded: LoadedConfig<Settings>): readonly string[] {
  return loaded.ok ? [] : loaded.problems.map(({ name, problem }) => `${name} ${problem}`);
}

describe('loadConfig', () => {
  it('gives typed values, and the defaults of the contract for what is absent or empty', () => {
    const { PORT, LOG_LEVEL, DISCORD_GUILD_ID, TRUST_PROXY, REQUIRE_API_KEY, API_KEY } = commonSettings;
    const settings = { PORT, LOG_LEVEL, DISCORD_GUILD_ID, TRUST_PROXY, REQUIRE_API_KEY, API_KEY };
    const config = configOf(loadConfig(settings, { LOG_LEVEL: '', REQUIRE_API_KEY: 'TRUE' }));
    const port: number = config.PORT;
    const guildIds: readonly string[] = config.DISCORD_GUILD_ID;
    expect(port).toBe(3000);
    expect(guildIds).toEqual([]);
    expect(config).toEqual({
      PORT: 3000,
      LOG_LEVEL: 'info',
      DISCORD_GUILD_ID: [],
      TRUST_PROXY: 0,
      REQUIRE_API_KEY: true,
      API_KEY: undefined,
    });
  });

  it('has a valid default for every setting that is not required', () => {
    const required = { DISCORD_TOKEN: 'a.b.c', DATABASE_URL: 'postgresql://localhost/x', REDIS_URL: 'memory:' };
    expect(problemsOf(loadConfig(commonSettings, required))).toEqual([]);
  });

  it('reports all problems at once, each with the variable and what is expected', () => {
    const env = { PORT: '70000', LOG_LEVEL: 'loud', TRUST_PROXY: 'true', ALLOWED_ORIGINS: 'https://a.example/path' };
    expect(problemsOf(loadConfig(commonSettings, env))).toEqual([
      'DISCORD_TOKEN is required: Token of the bot, from the Discord developer portal.',
      'DATABASE_URL is required: PostgreSQL that holds the log and the messages.',
      expect.stringContaining('REDIS_URL is required: '),
      'ALLOWED_ORIGINS must list origins as scheme://host[:port] without a path, or be * (it is "https://a.example/path")',
      'LOG_LEVEL must be one of error, warn, info, debug (it is "loud")',
      'PORT must be a whole number from 0 to 65535 (it is "70000")',
      expect.stringContaining('TRUST_PROXY must be none, the number of proxies'),
    ]);
  });

  it('never repeats the value of a secret', () => {
    const secrets = Object.entries(commonSettings).flatMap(([name, { isSecret }]) => (isSecret ? [name] : []));
    const env = Object.fromEntries(secrets.map((name) => [name, `${CANARY} \n${CANARY}`]));
    const problems = problemsOf(loadConfig(commonSettings, env));
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(secrets);
    expect(problems.join('\n')).not.toContain(CANARY);
  });

  it('reads X from the file named by X_FILE without its last line break', async () => {
    const file = join(await temporaryDirectory(), 'key');
    writeFileSync(file, `${CANARY}\n`);
    const { API_KEY } = commonSettings;
    expect(configOf(loadConfig({ API_KEY }, { API_KEY_FILE: file }))).toEqual({ API_KEY: CANARY });
    expect(problemsOf(loadConfig({ API_KEY }, { API_KEY_FILE: file, API_KEY: CANARY }))).toEqual([
      'API_KEY and API_KEY_FILE are both given; keep one',
    ]);
    expect(problemsOf(loadConfig({ API_KEY }, { API_KEY_FILE: `${file}-missing` }))).toEqual([
      'API_KEY cannot be read from the file named by API_KEY_FILE (ENOENT)',
    ]);
  });

  it('lets a service make a setting optional or give it another default', () => {
    const settings = {
      DISCORD_TOKEN: optional(commonSettings.DISCORD_TOKEN),
      REDIS_URL: withDefault(commonSettings.REDIS_URL, 'memory:'),
      OWN: setting(z.string(), { description: 'Its own.', default: 'x' }),
    };
    const config = configOf(loadConfig(settings, {}));
    expect(config).toEqual({ DISCORD_TOKEN: undefined, REDIS_URL: 'memory:', OWN: 'x' });
  });
});

describe('commonSettings', () => {
  it.each([
    ['TRUST_PROXY', '2', 2],
    ['TRUST_PROXY', 'none', 0],
    ['TRUST_PROXY', '10.0.0.0/8, fd00::/8,loopback', ['10.0.0.0/8', 'fd00::/8', 'loopback']],
    [
      'ALLOWED_ORIGINS',
      'https://A.example:8443,http://localhost:5173',
      ['https://a.example:8443', 'http://localhost:5173'],
    ],
    ['DISCORD_CHANNEL_ID', '123, 456,123', ['123', '456']],
    ['REDIS_URL', 'rediss://user:pass@redis.example:6380/2', 'rediss://user:pass@redis.example:6380/2'],
    ['SIMULATOR_RATE', '0.5', 0.5],
  ] as const)('%s understands %j', (name, text, value) => {
    expect(configOf(loadConfig({ [name]: commonSettings[name] }, { [name]: text }))).toEqual({ [name]: value });
  });

  it.each([
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', ','],
    ['TRUST_PROXY', '11'],
    ['DISCORD_GUILD_ID', '12a'],
    ['DISCORD_GUILD_ID', '9999999999999999999'],
    ['REDIS_URL', 'redis://'],
    ['REDIS_URL', 'http://localhost'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['DISCORD_TOKEN', 'Bot a.b.c'],
    ['API_KEY', 'two words'],
    ['RATE_LIMIT_WINDOW_MS', '1e5'],
    ['PORT', '-1'],
    ['REQUIRE_API_KEY', 'maybe'],
  ] as const)('%s refuses %j', (name, text) => {
    expect(problemsOf(loadConfig({ [name]: commonSettings[name] }, { [name]: text }))).toHaveLength(1);
  });
});
