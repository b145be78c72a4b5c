import { afterEach } from '@jest/globals';
import { type DiscordSimulator, type DiscordSimulatorOptions, startDiscordSimulator } from '../../src/index.ts';

/** One guild, two channels, three people, no traffic of its own, and no waiting between IDENTIFYs. */
export const QUIET: DiscordSimulatorOptions = {
  guilds: [{ name: 'Harbour', channels: ['quay', 'boats'], members: ['ada', 'bob', 'cyd'] }],
  identifyIntervalMs: 0,
  rateLimits: false,
};

interface Closable {
  readonly close: () => Promise<void> | void;
}

/** Starts simulators and readers that are closed after each test, whatever it does. */
export function createHarness() {
  const open: Closable[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });
  const closing = <Each extends Closable>(each: Each): Each => {
    open.push(each);
    return each;
  };
  const start = async (options: DiscordSimulatorOptions = {}): Promise<DiscordSimulator> =>
    closing(await startDiscordSimulator({ ...QUIET, ...options }));
  return { start, closing };
}
