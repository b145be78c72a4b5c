import { parseArgs } from 'node:util';
import { type FilterInput, parseStreamQuery } from '@dms/protocol';
import { createApiKey, type NewKey } from './api-key.ts';
import { HELP, TEXT, understood } from './arguments.ts';
import { type PrivacyCommand, parseEraseUser, parseOptOut } from './privacy-command.ts';
import { UsageError } from './usage-error.ts';

export interface TailCommand {
  readonly kind: 'tail';
  readonly url: string;
  readonly filter: FilterInput;
  readonly since: string | undefined;
  readonly isJson: boolean;
  /** Holds the key; wins over the environment. */
  readonly keyFile: string | undefined;
}

export type Command =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'key'; readonly key: NewKey }
  | TailCommand
  | PrivacyCommand;

const USAGE = `Reads and administers a Discord Message Streamer from the terminal.

Usage: pnpm cli <command> [options]

  tail           print the stream as it comes
  keys create    make an API key
  erase-user     remove an author from everything that is stored
  opt-out        store nothing of an author any more, or again
  --help         this text; every command has one too
`;

const TAIL_USAGE = `Prints the stream as it comes and goes on after every interruption, without holes and repeats.

Usage: pnpm cli tail [options]

  --url URL        the stream; default ws://localhost:3000/ws
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

const KEYS_USAGE = `Makes a random API key: prints it once, with the entry for the server's API_KEYS.

Usage: pnpm cli keys create NAME [options]

  --scopes LIST    of read, stats, admin, joined by +; default read
  --channels LIST  all that the key may ever see: channel ids joined by +; default everything
  --help           this text
`;

const DEFAULT_URL = 'ws://localhost:3000/ws';
const TAIL_FLAGS = {
  url: TEXT,
  channel: TEXT,
  guild: TEXT,
  author: TEXT,
  types: TEXT,
  since: TEXT,
  'key-file': TEXT,
  json: { type: 'boolean' },
  help: HELP,
} as const;
const KEYS_FLAGS = { scopes: TEXT, channels: TEXT, help: HELP } as const;

/** The flag that sets each parameter of the stream, for sentences about what is wrong with it. */
const FLAG_OF: Readonly<Record<string, string>> = {
  channel_id: '--channel',
  guild_id: '--guild',
  author_id: '--author',
  types: '--types',
  since: '--since',
};

/** Reads the arguments after `node main.ts`. @throws UsageError. */
export function parseCommand(args: readonly string[]): Command {
  // `pnpm cli -- tail` hands the dashes through.
  const [name, ...rest] = args[0] === '--' ? args.slice(1) : args;
  if (name === '--help' || name === '-h') return { kind: 'help', text: USAGE };
  if (name === 'tail') return parseTail(rest);
  if (name === 'keys') return parseKeys(rest);
  if (name === 'erase-user') return parseEraseUser(rest);
  if (name === 'opt-out') return parseOptOut(rest);
  const problem = name === undefined ? 'a command is missing' : `"${name}" is not a command`;
  throw new UsageError(`${problem}: there are tail, keys create, erase-user and opt-out`);
}

function parseTail(args: readonly string[]): Command {
  const { values } = understood(() => parseArgs({ args: [...args], options: TAIL_FLAGS, strict: true }));
  if (values.help === true) return { kind: 'help', text: TAIL_USAGE };
  const parameters = { channel_id: values.channel, guild_id: values.guild, author_id: values.author };
  const pairs = Object.entries({ ...parameters, types: values.types, since: values.since });
  const given = pairs.flatMap(([name, value]): (readonly [string, string])[] =>
    value === undefined ? [] : [[name, value]],
  );
  const query = parseStreamQuery(given, Date.now());
  if (!query.ok) {
    throw new UsageError(query.problems.map(({ parameter, detail }) => `${FLAG_OF[parameter]} ${detail}`).join('; '));
  }
  return {
    kind: 'tail',
    url: checkUrl(values.url ?? DEFAULT_URL),
    filter: query.value.filter,
    since: values.since,
    isJson: values.json === true,
    keyFile: values['key-file'],
  };
}

function parseKeys(args: readonly string[]): Command {
  const [verb, ...rest] = args;
  if (verb === '--help' || verb === '-h') return { kind: 'help', text: KEYS_USAGE };
  if (verb !== 'create') {
    throw new UsageError(
      `${verb === undefined ? 'a verb is missing' : `"keys ${verb}" is not a command`}: there is keys create`,
    );
  }
  const options = { args: [...rest], options: KEYS_FLAGS, strict: true, allowPositionals: true } as const;
  const { values, positionals } = understood(() => parseArgs(options));
  if (values.help === true) return { kind: 'help', text: KEYS_USAGE };
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError('keys create takes one NAME');
  return { kind: 'key', key: createApiKey(name, values.scopes, values.channels) };
}

function checkUrl(text: string): string {
  const isStream = URL.canParse(text) && ['ws:', 'wss:', 'http:', 'https:'].includes(new URL(text).protocol);
  if (!isStream) throw new UsageError('--url must be ws://host[:port]/ws or wss://host/ws');
  const url = new URL(text);
  if (url.search !== '') throw new UsageError('--url takes no parameters: there are flags for them');
  // `localhost:3000` alone is where the viewer is; the stream is one step further.
  if (url.pathname === '/') url.pathname = '/ws';
  return url.href;
}
