import { parseArgs } from 'node:util';
import { HELP, TEXT, understood } from '../arguments.ts';
import type { Defaults } from '../command-line.ts';
import { serverAddress } from '../server-address.ts';

export interface DoctorCommand {
  readonly kind: 'doctor';
  /** A running server to be asked for its health too; null = none was named. */
  readonly url: string | null;
  readonly isJson: boolean;
}

const USAGE = `Checks everything a streamer stands on and says for each problem what to do: the bot's token, the Message
Content Intent, the servers it is in, what it may see and read in each channel, this machine's clock, the
database and Redis.

Usage: pnpm cli doctor [options]

Options:
  --url URL        also ask this running server for its health
  --json           one finding a line
  --help           this text

It reads the same variables as the streamer, from the environment, from .env and from X_FILE: DISCORD_TOKEN,
DISCORD_GUILD_ID, DISCORD_CHANNEL_ID, DISCORD_API_URL, DATABASE_URL, REDIS_URL. It changes nothing, and prints
no secret.
Exits 1 when there is a problem.
`;

export function parseDoctor(args: readonly string[], defaults: Defaults) {
  const options = { url: TEXT, json: { type: 'boolean' }, help: HELP } as const;
  const { values } = understood(() => parseArgs({ args: [...args], options, strict: true }));
  if (values.help === true) return { kind: 'help', text: USAGE } as const;
  const isAsked = values.url !== undefined || defaults.url !== undefined;
  const command: DoctorCommand = {
    kind: 'doctor',
    url: isAsked ? serverAddress(values.url, defaults.url) : null,
    isJson: values.json === true,
  };
  return command;
}
