import { loadConfig } from '@dms/runtime';
import { describe, expect, it } from '@jest/globals';
import { chooseDiscord, discordConfig, ingesterConfig, SIMULATED_TOKEN } from '../src/config.ts';

const SIMULATOR_API_URL = 'http://simulator:4590/api';
const DISCORD_TOKEN = 'dGVzdA.config.test';
const DISCORD_API_URL = 'https://discord.com/api';

function discordOf(env: Readonly<Record<string, string>>) {
  const loaded = loadConfig({ ...ingesterConfig, ...discordConfig }, env);
  return loaded.ok ? chooseDiscord(loaded.config) : loaded.problems.map(({ name, problem }) => `${name} ${problem}`);
}

describe('which Discord an ingester connects to', () => {
  it('is the simulator without a token, wherever Discord would be', () => {
    const simulated = { token: SIMULATED_TOKEN, apiUrl: SIMULATOR_API_URL, isSimulated: true };
    expect(discordOf({ SIMULATOR_API_URL })).toEqual(simulated);
    // As a Compose file passes what nobody has set.
    const unset = { DISCORD_TOKEN: '', DISCORD_TOKEN_FILE: '/dev/null', DISCORD_API_URL };
    expect(discordOf({ ...unset, SIMULATOR_API_URL })).toEqual(simulated);
  });

  it('is Discord with a token, whatever is said about a simulator', () => {
    const real = { token: DISCORD_TOKEN, apiUrl: DISCORD_API_URL, isSimulated: false };
    expect(discordOf({ DISCORD_TOKEN })).toEqual(real);
    expect(discordOf({ DISCORD_TOKEN, SIMULATOR_API_URL })).toEqual(real);
    const elsewhere = 'http://127.0.0.1:4590/api';
    expect(discordOf({ DISCORD_TOKEN, DISCORD_API_URL: elsewhere })).toEqual({ ...real, apiUrl: elsewhere });
  });

  it('is asked for when there is neither', () => {
    const missing = ['DISCORD_TOKEN is required: Token of the bot, from the Discord developer portal.'];
    expect(discordOf({})).toEqual(missing);
    expect(discordOf({ DISCORD_TOKEN: '', SIMULATOR_API_URL: '' })).toEqual(missing);
  });

  it('is never guessed from a token that is wrong', () => {
    expect(discordOf({ DISCORD_TOKEN: 'Bot x', SIMULATOR_API_URL })).toEqual([
      expect.stringMatching(/^DISCORD_TOKEN must be the bot token/),
    ]);
  });
});
