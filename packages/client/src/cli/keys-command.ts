import { parseArgs } from 'node:util';
import { createApiKey, type NewKey } from './api-key.ts';
import { HELP, TEXT, understood } from './arguments.ts';
import { UsageError } from './usage-error.ts';

export type KeysCommand = { readonly kind: 'key'; readonly key: NewKey } | { readonly kind: 'list-keys' };

const USAGE = `Makes keys for a server, and says what those it knows may do.

Usage: pnpm cli keys create NAME [options]    a random key, printed once, with its entry for API_KEYS
       pnpm cli keys list                     what API_KEY and API_KEYS of this environment and .env allow

Options of create:
  --scopes LIST    of read, stats, admin, joined by +; default read
  --channels LIST  all that the key may ever see: channel ids joined by +; default everything

Options:
  --help           this text
`;

const CREATE_FLAGS = { scopes: TEXT, channels: TEXT, help: HELP } as const;

export function parseKeys(args: readonly string[]) {
  const [verb, ...rest] = args;
  if (verb === '--help' || verb === '-h') return { kind: 'help', text: USAGE } as const;
  if (verb === 'create') return parseCreate(rest);
  if (verb === 'list') return parseList(rest);
  const problem = verb === undefined ? 'a verb is missing' : `"keys ${verb}" is not a command`;
  throw new UsageError(`${problem}: there are keys create and keys list`);
}

function parseCreate(args: readonly string[]) {
  const options = { args: [...args], options: CREATE_FLAGS, strict: true, allowPositionals: true } as const;
  const { values, positionals } = understood(() => parseArgs(options));
  if (values.help === true) return { kind: 'help', text: USAGE } as const;
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError('keys create takes one NAME');
  return { kind: 'key', key: createApiKey(name, values.scopes, values.channels) } as const;
}

function parseList(args: readonly string[]) {
  const { values } = understood(() => parseArgs({ args: [...args], options: { help: HELP }, strict: true }));
  return values.help === true ? ({ kind: 'help', text: USAGE } as const) : ({ kind: 'list-keys' } as const);
}
