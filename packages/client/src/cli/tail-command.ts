import { parseArgs } from 'node:util';
import type { FilterInput } from '@dms/protocol';
import { HELP, TEXT, understood } from './arguments.ts';
import type { Defaults } from './command-line.ts';
import { FILTER_FLAGS, readFilter } from './filter-flags.ts';
import { serverAddress, streamAddress } from './server-address.ts';

export interface TailCommand {
  readonly kind: 'tail';
  /** Of the stream. */
  readonly url: string;
  readonly filter: FilterInput;
  readonly since: string | undefined;
  readonly isJson: boolean;
  /** Holds the key; wins over the environment. */
  readonly keyFile: string | undefined;
}

const USAGE = `Prints the stream as it comes and goes on after every interruption, without holes and repeats.

Usage: pnpm cli tail [options]

Options:
  --url URL        the server; default http://localhost:3000
  --channel ID,…   only these channels and their threads
  --guild ID,…     only these servers
  --author ID,…    only these authors; deletes pass, since they name none
  --types TYPE,…   only these events, e.g. MESSAGE_CREATE,MESSAGE_DELETE
  --since WHERE    a position, latest (default), all, an RFC 3339 time, or a duration back such as 10m
  --json           one frame a line (NDJSON) instead of text
  --key-file FILE  file that holds the API key; or set DMS_API_KEY
  --help           this text

Ctrl-C ends it and says on standard error from which position to go on.
`;

const FLAGS = {
  ...FILTER_FLAGS,
  url: TEXT,
  types: TEXT,
  since: TEXT,
  'key-file': TEXT,
  json: { type: 'boolean' },
  help: HELP,
} as const;

export function parseTail(args: readonly string[], defaults: Defaults) {
  const { values } = understood(() => parseArgs({ args: [...args], options: FLAGS, strict: true }));
  if (values.help === true) return { kind: 'help', text: USAGE } as const;
  const command: TailCommand = {
    kind: 'tail',
    url: streamAddress(serverAddress(values.url, defaults.url)),
    filter: readFilter(values),
    since: values.since,
    isJson: values.json === true,
    keyFile: values['key-file'],
  };
  return command;
}
