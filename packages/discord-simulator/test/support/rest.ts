import { REST } from 'discord.js';
import type { DiscordSimulator } from '../../src/index.ts';
import { TOKEN } from './reader.ts';

/** discord.js' own REST client. `retries` are for 5xx; 429 is always waited out. */
export function createRest(simulator: DiscordSimulator, token: string = TOKEN): REST {
  return new REST({ api: simulator.apiUrl, retries: 0 }).setToken(token);
}

/** A plain request, for status, headers and bodies that the client would hide. */
export function rawGet(simulator: DiscordSimulator, path: string): Promise<Response> {
  return fetch(`${simulator.apiUrl}/v10${path}`, { headers: { authorization: `Bot ${TOKEN}` } });
}

/** The id of a channel of the first guild. */
export function channelId(simulator: DiscordSimulator, name: string): string {
  const channel = simulator.status().guilds[0]?.channels.find((each) => each.name === name);
  if (channel === undefined) throw new RangeError(`no channel ${name}`);
  return channel.id;
}
