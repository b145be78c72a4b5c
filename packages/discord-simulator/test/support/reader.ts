import { Client, Events, GatewayIntentBits, Options } from 'discord.js';
import type { DiscordSimulator } from '../../src/index.ts';

/** One dispatch as discord.js received it. */
export interface Dispatch {
  readonly t: string;
  readonly s: number;
  readonly d: Readonly<Record<string, unknown>> & { readonly id?: string; readonly content?: string };
}

/** A real discord.js client with everything it was sent. */
export interface Reader {
  readonly client: Client<true>;
  readonly dispatches: Dispatch[];
  /** Dispatches of one type, in order. */
  readonly of: (type: string) => Dispatch[];
  /** Resolves as soon as `isMet` holds, looked at after each dispatch. */
  readonly until: (isMet: () => boolean) => Promise<void>;
  readonly close: () => Promise<void>;
}

const { Guilds, GuildMessages, GuildMessageReactions, MessageContent, GuildMessagePolls } = GatewayIntentBits;
export const ALL_INTENTS = Guilds | GuildMessages | GuildMessageReactions | MessageContent | GuildMessagePolls;
export const TOKEN = 'simulated.bot.token';

/** A client that is not logged in yet. It never waits between two IDENTIFYs, so that tests need not either. */
export function createReader(simulator: DiscordSimulator, intents: number = ALL_INTENTS): Reader {
  const client: Client<true> = new Client({
    intents,
    rest: { api: simulator.apiUrl, retries: 0 },
    makeCache: Options.cacheWithLimits({ MessageManager: 0 }),
    ws: { buildIdentifyThrottler: async () => ({ waitForIdentify: async () => {} }) },
  });
  const dispatches: Dispatch[] = [];
  const waiting = new Set<() => void>();
  client.on(Events.Raw, (packet: Dispatch) => {
    dispatches.push(packet);
    for (const look of waiting) look();
  });
  client.on(Events.Error, () => {});
  client.on(Events.ShardError, () => {});
  return {
    client,
    dispatches,
    of: (type) => dispatches.filter(({ t }) => t === type),
    until: (isMet) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!isMet()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: () => client.destroy(),
  };
}

/** A client that is logged in and ready. */
export async function connectReader(simulator: DiscordSimulator, intents: number = ALL_INTENTS): Promise<Reader> {
  const reader = createReader(simulator, intents);
  const ready = new Promise<void>((resolve) => reader.client.once(Events.ClientReady, () => resolve()));
  await reader.client.login(TOKEN);
  await ready;
  return reader;
}
