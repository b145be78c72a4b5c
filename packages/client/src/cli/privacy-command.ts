import { parseArgs } from 'node:util';
import { isSnowflake } from '@dms/protocol';
import { HELP, TEXT, understood } from './arguments.ts';
import type { Defaults } from './command-line.ts';
import { serverAddress } from './server-address.ts';
import { UsageError } from './usage-error.ts';

interface Server {
  readonly url: string;
  /** Holds the key; wins over the environment. */
  readonly keyFile: string | undefined;
}

/** What changes something is confirmed by `isConfirmed` or by somebody at the terminal. */
export type PrivacyCommand =
  | (Server & { readonly kind: 'erase-user' | 'opt-out'; readonly userId: string; readonly isConfirmed: boolean })
  | (Server & { readonly kind: 'opt-in'; readonly userId: string })
  | (Server & { readonly kind: 'list-opt-outs' });

const SERVER_USAGE = `  --url URL        the server; default http://localhost:3000
  --key-file FILE  file that holds the API key, of scope admin; or set DMS_API_KEY
  --help           this text
`;

const ERASE_USAGE = `Removes an author from everything that is stored: messages, quotes of them, names, reactions. Waits until it is done.
What the author writes afterwards is stored again: see opt-out.

Usage: pnpm cli erase-user ID [options]

Options:
  --yes            do not ask
${SERVER_USAGE}`;

const OPT_OUT_USAGE = `Stores nothing of an author from now on, and removes what is stored. Waits until it is done.

Usage: pnpm cli opt-out ID [options]
       pnpm cli opt-out --remove ID    store again what is written from now on
       pnpm cli opt-out --list         who has opted out, and since when

Options:
  --yes            do not ask
${SERVER_USAGE}`;

const FLAGS = { url: TEXT, 'key-file': TEXT, help: HELP } as const;
const ERASE_FLAGS = { ...FLAGS, yes: { type: 'boolean' } } as const;
const OPT_OUT_FLAGS = { ...ERASE_FLAGS, remove: { type: 'boolean' }, list: { type: 'boolean' } } as const;

type Parsed = PrivacyCommand | { readonly kind: 'help'; readonly text: string };

export function parseEraseUser(args: readonly string[], defaults: Defaults): Parsed {
  const options = { args: [...args], options: ERASE_FLAGS, strict: true, allowPositionals: true } as const;
  const { values, positionals } = understood(() => parseArgs(options));
  if (values.help === true) return { kind: 'help', text: ERASE_USAGE };
  const userId = oneId('erase-user', positionals);
  return { kind: 'erase-user', userId, isConfirmed: values.yes === true, ...serverOf(values, defaults) };
}

export function parseOptOut(args: readonly string[], defaults: Defaults): Parsed {
  const options = { args: [...args], options: OPT_OUT_FLAGS, strict: true, allowPositionals: true } as const;
  const { values, positionals } = understood(() => parseArgs(options));
  if (values.help === true) return { kind: 'help', text: OPT_OUT_USAGE };
  const server = serverOf(values, defaults);
  if (values.list === true) {
    if (positionals.length > 0 || values.remove === true) throw new UsageError('opt-out --list takes nothing else');
    return { kind: 'list-opt-outs', ...server };
  }
  const userId = oneId('opt-out', positionals);
  if (values.remove === true) return { kind: 'opt-in', userId, ...server };
  return { kind: 'opt-out', userId, isConfirmed: values.yes === true, ...server };
}

function oneId(command: string, [id, ...more]: readonly string[]): string {
  if (id === undefined || more.length > 0) throw new UsageError(`${command} takes one ID`);
  if (!isSnowflake(id)) throw new UsageError(`ID must be a Discord id, not "${id}"`);
  return id;
}

function serverOf(values: { readonly url?: string; readonly 'key-file'?: string }, defaults: Defaults): Server {
  return { url: serverAddress(values.url, defaults.url), keyFile: values['key-file'] };
}
