import { extname } from 'node:path';
import { parseArgs } from 'node:util';
import { type FilterInput, isSnowflake, parseSince } from '@dms/protocol';
import { HELP, TEXT, understood } from '../arguments.ts';
import type { Defaults } from '../command-line.ts';
import { FILTER_FLAGS, readFilter } from '../filter-flags.ts';
import { serverAddress } from '../server-address.ts';
import { UsageError } from '../usage-error.ts';

export const EXPORT_FORMATS = ['ndjson', 'csv', 'json'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportCommand {
  readonly kind: 'export';
  readonly url: string;
  readonly filter: FilterInput;
  /** Message ids or RFC 3339 times. */
  readonly after: string | undefined;
  readonly before: string | undefined;
  readonly format: ExportFormat;
  /** Undefined = standard output. */
  readonly file: string | undefined;
  readonly isOverwriting: boolean;
  readonly keyFile: string | undefined;
}

const USAGE = `Writes the stored history, oldest message first, to a file or to standard output.

Usage: pnpm cli export [FILE] [options]

Options:
  --url URL        the server; default http://localhost:3000
  --channel ID,…   only these channels and their threads
  --guild ID,…     only these servers
  --author ID,…    only these authors
  --since WHEN     from here on: a message id, an RFC 3339 time, or a duration back such as 30d
  --until WHEN     up to here
  --format FORMAT  ndjson (one message a line), csv (for spreadsheets) or json; default what FILE ends in, else ndjson
  --overwrite      replace FILE if it is there
  --key-file FILE  file that holds the API key; or set DMS_API_KEY
  --help           this text

While it runs, FILE is called FILE.part. When the connection breaks, an ndjson export goes on by itself; when it
was ended, the same command goes on with what is in FILE.part. Progress is shown on standard error.
`;

const FLAGS = {
  ...FILTER_FLAGS,
  url: TEXT,
  since: TEXT,
  until: TEXT,
  format: TEXT,
  overwrite: { type: 'boolean' },
  'key-file': TEXT,
  help: HELP,
} as const;

export function parseExport(args: readonly string[], defaults: Defaults) {
  const options = { args: [...args], options: FLAGS, strict: true, allowPositionals: true } as const;
  const { values, positionals } = understood(() => parseArgs(options));
  if (values.help === true) return { kind: 'help', text: USAGE } as const;
  const [file, ...more] = positionals;
  if (more.length > 0) throw new UsageError('export takes one FILE');
  const command: ExportCommand = {
    kind: 'export',
    url: serverAddress(values.url, defaults.url),
    filter: readFilter({ channel: values.channel, guild: values.guild, author: values.author }),
    after: readPlace('--since', values.since),
    before: readPlace('--until', values.until),
    format: readFormat(values.format, file),
    file,
    isOverwriting: values.overwrite === true,
    keyFile: values['key-file'],
  };
  return command;
}

function readPlace(flag: string, text: string | undefined): string | undefined {
  if (text === undefined || isSnowflake(text)) return text;
  const since = parseSince(text, Date.now());
  if (since?.kind === 'time') return new Date(since.timeMs).toISOString();
  throw new UsageError(`${flag} must be a message id, an RFC 3339 time or a duration such as 30d`);
}

function readFormat(flag: string | undefined, file: string | undefined): ExportFormat {
  const asked = flag ?? extname(file ?? '').slice(1);
  const known = EXPORT_FORMATS.find((format) => format === asked);
  if (known !== undefined) return known;
  if (flag === undefined) return 'ndjson';
  throw new UsageError(`--format must be of ${EXPORT_FORMATS.join(', ')}, not "${flag}"`);
}
