import { type BenchCommand, parseBench } from './bench/bench-command.ts';
import { type DoctorCommand, parseDoctor } from './doctor/doctor-command.ts';
import { type ExportCommand, parseExport } from './export/export-command.ts';
import { type KeysCommand, parseKeys } from './keys-command.ts';
import { type PrivacyCommand, parseEraseUser, parseOptOut } from './privacy-command.ts';
import { parseTail, type TailCommand } from './tail-command.ts';
import { UsageError } from './usage-error.ts';

export type Command =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }
  | KeysCommand
  | TailCommand
  | ExportCommand
  | DoctorCommand
  | BenchCommand
  | PrivacyCommand;

const USAGE = `Reads, checks and administers a Discord Message Streamer from the terminal.

Usage: pnpm cli <command> [options]

Read:
  tail           print the stream as it comes
  export         write the history to a file, and go on where it broke off

Set up:
  doctor         check token, intents, permissions, database and Redis, and say what to do
  keys create    make an API key
  keys list      say what the keys of a server may do
  bench          measure a server from here: deliveries, latency, gaps

Privacy:
  erase-user     remove an author from everything that is stored
  opt-out        store nothing of an author any more, or again

Options:
  --help         this text; every command has one too
  --version      the version

Environment:
  DMS_URL        the server, for every command that takes --url
  DMS_API_KEY    the API key, where one is needed
  NO_COLOR       no colours

Exit codes: 0 done, 1 refused or something was found, 64 the command line, 69 nobody answers.
`;

const PARSERS: Readonly<Record<string, (args: readonly string[], defaults: Defaults) => Command>> = {
  tail: parseTail,
  export: parseExport,
  doctor: parseDoctor,
  keys: parseKeys,
  bench: parseBench,
  'erase-user': parseEraseUser,
  'opt-out': parseOptOut,
};

/** What the environment says. */
export interface Defaults {
  /** The server, when `--url` is not given. */
  readonly url: string | undefined;
}

/** Reads the arguments after `node main.ts`. @throws UsageError. */
export function parseCommand(args: readonly string[], defaults: Defaults = { url: undefined }): Command {
  // `pnpm cli -- tail` hands the dashes through.
  const [name, ...rest] = args[0] === '--' ? args.slice(1) : args;
  if (name === '--help' || name === '-h' || name === 'help') return { kind: 'help', text: USAGE };
  if (name === '--version') return { kind: 'version' };
  const parse = name !== undefined && Object.hasOwn(PARSERS, name) ? PARSERS[name] : undefined;
  if (parse !== undefined) return parse(rest, defaults);
  const problem = name === undefined ? 'a command is missing' : `"${name}" is not a command`;
  throw new UsageError(`${problem}: there are ${Object.keys(PARSERS).join(', ')}; --help explains them`);
}
