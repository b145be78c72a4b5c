import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  commonSettings,
  type LoadedConfig,
  loadConfig,
  optional,
  requiredWithout,
  type Settings,
  setting,
  withCheck,
  withDefault,
} from '@dms/runtime';
import { temporaryDirectory } from '@dms/test-kit';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';

const CANARY = 'canary-4f1d-secret';
const NOBODY = 65_534;

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
    const settings = { ...commonSettings, REDIS_URL: withCheck(commonSettings.REDIS_URL, () => 'must be another') };
    const problems = problemsOf(loadConfig(settings, env));
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(secrets);
    expect(problems.join('\n')).not.toContain(CANARY);
  });

  describe('X_FILE', () => {
    const { API_KEY } = commonSettings;
    let directory: string;
    const fileWith = (content: string): string => {
      const file = join(directory, 'key');
      writeFileSync(file, content);
      return file;
    };
    beforeEach(async () => {
      directory = await temporaryDirectory();
    });

    it.each([`${CANARY}\n`, `${CANARY}\r\n`, CANARY])('names a file that holds the value: %j', (content) => {
      expect(configOf(loadConfig({ API_KEY }, { API_KEY_FILE: fileWith(content) }))).toEqual({ API_KEY: CANARY });
    });

    it.each(['', '\n'])('counts as absent when the file holds %j', (content) => {
      const file = fileWith(content);
      expect(configOf(loadConfig({ API_KEY }, { API_KEY_FILE: file }))).toEqual({ API_KEY: undefined });
      expect(configOf(loadConfig({ API_KEY }, { API_KEY_FILE: file, API_KEY: CANARY }))).toEqual({ API_KEY: CANARY });
      const { DISCORD_TOKEN } = commonSettings;
      expect(problemsOf(loadConfig({ DISCORD_TOKEN }, { DISCORD_TOKEN_FILE: file, DISCORD_TOKEN: '' }))).toEqual([
        expect.stringMatching(/^DISCORD_TOKEN is required: /),
      ]);
    });

    it('counts as absent when the variable is empty, and so does an empty X beside it', () => {
      expect(configOf(loadConfig({ API_KEY }, { API_KEY_FILE: '', API_KEY: CANARY }))).toEqual({ API_KEY: CANARY });
      expect(configOf(loadConfig({ API_KEY }, { API_KEY_FILE: '', API_KEY: '' }))).toEqual({ API_KEY: undefined });
      const env = { API_KEY_FILE: fileWith(CANARY), API_KEY: '' };
      expect(configOf(loadConfig({ API_KEY }, env))).toEqual({ API_KEY: CANARY });
    });

    it('is refused beside X when both hold something', () => {
      const env = { API_KEY_FILE: fileWith(CANARY), API_KEY: CANARY };
      expect(problemsOf(loadConfig({ API_KEY }, env))).toEqual(['API_KEY and API_KEY_FILE are both given; keep one']);
    });

    it.each([
      ['is not there', (): string => join(directory, 'missing'), 'ENOENT'],
      ['is a directory, as a mount of a missing file is', (): string => directory, 'EISDIR: it is a directory'],
    ])('names the file that %s, also beside X', (_name, pathOf, reason) => {
      const path = pathOf();
      const problem = `API_KEY cannot be read from ${path}, which API_KEY_FILE names (${reason})`;
      expect(problemsOf(loadConfig({ API_KEY }, { API_KEY_FILE: path }))).toEqual([problem]);
      expect(problemsOf(loadConfig({ API_KEY }, { API_KEY_FILE: path, API_KEY: CANARY }))).toEqual([problem]);
    });

    it('says which user must be able to read a file that is closed to us', () => {
      const path = fileWith(CANARY);
      chmodSync(path, 0o000);
      const user = process.geteuid?.();
      // Nothing is closed to root, so for a moment we are somebody else, to whom only the file is closed.
      if (user === 0) {
        chmodSync(directory, 0o755);
        process.seteuid?.(NOBODY);
      }
      try {
        expect(problemsOf(loadConfig({ API_KEY }, { API_KEY_FILE: path }))).toEqual([
          `API_KEY cannot be read from ${path}, which API_KEY_FILE names (EACCES: user ${user === 0 ? NOBODY : user} must be able to read it)`,
        ]);
      } finally {
        if (user === 0) process.seteuid?.(user);
      }
    });
  });

  it('lets one setting stand in for another, and reports the missing one when neither is given', async () => {
    const settings = {
      DISCORD_TOKEN: requiredWithout('SIMULATOR_API_URL', commonSettings.DISCORD_TOKEN),
      SIMULATOR_API_URL: commonSettings.SIMULATOR_API_URL,
    };
    const url = 'http://simulator:4590/api';
    expect(configOf(loadConfig(settings, { SIMULATOR_API_URL: url }))).toEqual({
      DISCORD_TOKEN: undefined,
      SIMULATOR_API_URL: url,
    });
    expect(configOf(loadConfig(settings, { DISCORD_TOKEN: 'a.b.c' }))).toEqual({
      DISCORD_TOKEN: 'a.b.c',
      SIMULATOR_API_URL: undefined,
    });
    const required = 'DISCORD_TOKEN is required: Token of the bot, from the Discord developer portal.';
    expect(problemsOf(loadConfig(settings, {}))).toEqual([required]);
    expect(problemsOf(loadConfig(settings, { DISCORD_TOKEN: '', SIMULATOR_API_URL: '' }))).toEqual([required]);
    expect(problemsOf(loadConfig(settings, { SIMULATOR_API_URL: 'simulator:4590' }))).toEqual([
      expect.stringMatching(/^SIMULATOR_API_URL must be an http/),
    ]);
  });

  it('lets a service check a setting with the grammar of another package, its default too', () => {
    const problemOf = (text: string) => (text.startsWith('memory:') ? null : 'must begin with memory:');
    const REDIS_URL = withCheck(commonSettings.REDIS_URL, problemOf);
    expect(configOf(loadConfig({ REDIS_URL }, { REDIS_URL: 'memory:' }))).toEqual({ REDIS_URL: 'memory:' });
    expect(problemsOf(loadConfig({ REDIS_URL }, { REDIS_URL: CANARY }))).toEqual(['REDIS_URL must begin with memory:']);
    expect(problemsOf(loadConfig({ REDIS_URL: withDefault(REDIS_URL, CANARY) }, {}))).toHaveLength(1);
    expect(configOf(loadConfig({ REDIS_URL: optional(REDIS_URL) }, {}))).toEqual({ REDIS_URL: undefined });
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
