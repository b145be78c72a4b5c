import { loadConfig } from '@dms/runtime';
import { describe, expect, it } from '@jest/globals';
import { standaloneConfig } from '../src/config.ts';

describe('the configuration of the standalone', () => {
  it('needs nothing: without any variable it is a demo on port 3000 with its data in ./data', () => {
    expect(loadConfig(standaloneConfig, {})).toMatchObject({
      ok: true,
      config: {
        PORT: 3000,
        DATA_DIR: './data',
        REDIS_URL: 'memory:',
        DISCORD_TOKEN: undefined,
        DATABASE_URL: undefined,
        ENVIRONMENT: 'development',
      },
    });
  });

  it('takes an empty variable for an absent one, as compose files and .env copies leave them', () => {
    expect(loadConfig(standaloneConfig, { DISCORD_TOKEN: '', DATABASE_URL: '', PORT: '' })).toMatchObject({
      ok: true,
      config: { DISCORD_TOKEN: undefined, PORT: 3000 },
    });
  });

  it.each([
    ['http://canary', 'must be redis://host:port, '],
    ['redis://:canary@redis/x', 'must have a database number or nothing behind its host'],
    ['redis-sentinel://:canary@one,two', 'must have /master-name or /master-name/database behind its hosts'],
  ])('refuses %s in the words of the broker, which owns the grammar', (url, words) => {
    expect(loadConfig(standaloneConfig, { REDIS_URL: url })).toEqual({
      ok: false,
      problems: [{ name: 'REDIS_URL', problem: expect.stringContaining(words) }],
    });
  });

  it('knows every variable of its parts', () => {
    const names = Object.keys(standaloneConfig);
    const expected = ['DISCORD_API_URL', 'DISCORD_CHANNEL_ID', 'EVENT_RETENTION_HOURS', 'SIMULATOR_SCRIPT', 'API_KEYS'];
    expect(names).toEqual(expect.arrayContaining([...expected, 'TRUST_PROXY', 'WS_MAX_CONNECTIONS', 'DATA_DIR']));
  });
});
