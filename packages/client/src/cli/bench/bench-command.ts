import { parseArgs } from 'node:util';
import type { FilterInput } from '@dms/protocol';
import { HELP, TEXT, understood } from '../arguments.ts';
import type { Defaults } from '../command-line.ts';
import { FILTER_FLAGS, readFilter } from '../filter-flags.ts';
import { serverAddress, streamAddress } from '../server-address.ts';
import { UsageError } from '../usage-error.ts';

export interface BenchCommand {
  readonly kind: 'bench';
  /** Of the stream. */
  readonly url: string;
  readonly filter: FilterInput;
  readonly since: string | undefined;
  readonly clients: number;
  readonly seconds: number;
  readonly isJson: boolean;
  readonly keyFile: string | undefined;
}

const DEFAULT_CLIENTS = '100';
const DEFAULT_SECONDS = '10';
const MAX_CLIENTS = 10_000;
const MAX_SECONDS = 3_600;

const USAGE = `Connects clients to a server, follows its stream for a while, and says what arrived how fast, and whether
anything was missing, doubled or out of order.

Usage: pnpm cli bench [options]

Options:
  --url URL        the server; default http://localhost:3000
  --clients N      how many, 1 to ${MAX_CLIENTS}; default ${DEFAULT_CLIENTS}
  --seconds N      for how long, 1 to ${MAX_SECONDS}; default ${DEFAULT_SECONDS}
  --since WHERE    replay from there, e.g. all: measures how fast history is sent; default latest
  --channel ID,…   only these channels; also --guild and --author
  --json           the figures as JSON
  --key-file FILE  file that holds the API key; or set DMS_API_KEY
  --help           this text

Everything comes from one address, so WS_MAX_CONNECTIONS_PER_IP of the server (1,000 by default) is a limit here too.
Latency is from Discord's time of the message to here, so it is as right as the two clocks; spread is from the
first client that got an event to each other one, on one clock. Exits 1 when something was missing, doubled or
out of order.
`;

const FLAGS = {
  ...FILTER_FLAGS,
  url: TEXT,
  since: TEXT,
  clients: TEXT,
  seconds: TEXT,
  json: { type: 'boolean' },
  'key-file': TEXT,
  help: HELP,
} as const;

export function parseBench(args: readonly string[], defaults: Defaults) {
  const { values } = understood(() => parseArgs({ args: [...args], options: FLAGS, strict: true }));
  if (values.help === true) return { kind: 'help', text: USAGE } as const;
  const command: BenchCommand = {
    kind: 'bench',
    url: streamAddress(serverAddress(values.url, defaults.url)),
    filter: readFilter(values),
    since: values.since,
    clients: readNumber('--clients', values.clients ?? DEFAULT_CLIENTS, MAX_CLIENTS),
    seconds: readNumber('--seconds', values.seconds ?? DEFAULT_SECONDS, MAX_SECONDS),
    isJson: values.json === true,
    keyFile: values['key-file'],
  };
  return command;
}

function readNumber(flag: string, text: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
  throw new UsageError(`${flag} must be a whole number from 1 to ${max}, not "${text}"`);
}
