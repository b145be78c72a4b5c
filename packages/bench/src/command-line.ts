import { parseArgs } from 'node:util';

/** A command line that cannot be understood; the message is one sentence for the terminal. */
export class UsageError extends Error {
  readonly code = 'usage';
}

export const FORMS = ['standalone', 'cluster'] as const;
export type Form = (typeof FORMS)[number];

/** `source` runs what `pnpm start` runs; `dist` what `pnpm build` made. */
export type BuildKind = 'source' | 'dist';

export const FAN_OUT_PARTS = ['rates', 'idle', 'stalled', 'resume', 'spread', 'compression'] as const;
export type FanOutPart = (typeof FAN_OUT_PARTS)[number];

export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'ingest'; readonly forms: readonly Form[]; readonly messages: number; readonly build: BuildKind }
  | {
      readonly name: 'latency';
      readonly forms: readonly Form[];
      readonly clients: number;
      readonly rate: number;
      readonly seconds: number;
      readonly build: BuildKind;
    }
  | { readonly name: 'throughput'; readonly rounds: number; readonly messages: number; readonly build: BuildKind }
  | {
      readonly name: 'history';
      readonly rounds: number;
      readonly messages: number;
      readonly seconds: number;
      readonly build: BuildKind;
    }
  | { readonly name: 'heap'; readonly messages: number; readonly authors: number; readonly build: BuildKind }
  | {
      readonly name: 'fanout';
      readonly part: FanOutPart;
      readonly clients: number;
      readonly seconds: number;
      readonly build: BuildKind;
    }
  | { readonly name: 'start'; readonly runs: number; readonly build: BuildKind }
  | { readonly name: 'lines' };

export const USAGE = `Whole-process benchmarks. Each prints a table and one line of JSON with machine, command and date.

Usage: pnpm bench <name> [options]

  ingest     simulator -> discord.js -> committed -> published -> a reader, as fast as it goes;
             beside it the floor: the same messages read from the simulator's socket and thrown away
    --form FORM    standalone (embedded database), cluster (PostgreSQL and Redis) or both; default both
    --messages N   default 20000
  throughput simulator -> discord.js -> committed -> published, in rounds beside what else could store the same rows on the
             same server: Prisma create + create, createMany, PostgreSQL alone; and the same on the embedded database
    --messages N   default 25000, so that the newest 100 commits come after the warm-up
    --rounds N     default 3
  history    pages of history, newest and anywhere, beside Express with Prisma's findMany on the same database, beside node:http
             alone, and of an archive ten times as large
    --messages N   default 100000
    --rounds N     default 3
    --seconds N    of each contestant, after three of warming up; default 3
  heap       whether the ingester's heap stays flat, each author writing for a while and never again
    --messages N   default 1000000
    --authors N    default 100000
  latency    from the simulator's clock to many WebSocket clients at an even rate, and the server's CPU for it;
             beside it a naive broadcaster (JSON.stringify for each client) fed with the same messages
    --form FORM    as above
    --clients N    default 1000
    --rate N       messages per second, default 100
    --seconds N    measured, after 3 s of warming up; default 20
  fanout     messages from Redis to many WebSocket clients, beside ws, Socket.IO, uWebSockets.js and raw sockets
    --part PART    rates (default): at rising rates, at least 10000 clients for the figures against uWebSockets.js;
                   idle: memory; stalled: a tenth does not read; resume: clients are cut one by one, all at once, and with their gateway;
                   spread: 5,000 filters, two gateways; compression: shared, beside ws's own
    --clients N    default 1000
    --seconds N    measured at each rate, after 2 s of warming up; default 4
  start      from the command to /health/ready, on an empty and on a filled DATA_DIR
    --runs N       default 5
  lines      lines of code of each package

  --from source|dist   what to run: services/*/src through tsx (default, as pnpm start does), or the output of pnpm build
  --help               this text

The cluster uses DATABASE_URL and REDIS_URL where set. The database must be empty, and the benchmark fills it.
Otherwise it starts a PostgreSQL and a Redis of its own and removes them.
`;

const TEXT = { type: 'string' } as const;
const FLAGS = {
  form: TEXT,
  part: TEXT,
  messages: TEXT,
  clients: TEXT,
  rate: TEXT,
  seconds: TEXT,
  authors: TEXT,
  runs: TEXT,
  rounds: TEXT,
  from: TEXT,
  help: { type: 'boolean', short: 'h' },
} as const;

/** Which flags each benchmark takes; one it would ignore is refused. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  ingest: ['form', 'messages', 'from'],
  throughput: ['messages', 'rounds', 'from'],
  history: ['messages', 'rounds', 'seconds', 'from'],
  heap: ['messages', 'authors', 'from'],
  latency: ['form', 'clients', 'rate', 'seconds', 'from'],
  fanout: ['part', 'clients', 'seconds', 'from'],
  start: ['runs', 'from'],
  lines: [],
};

/** Reads the arguments after `node main.ts`. @throws UsageError. */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = readFlags(args[0] === '--' ? args.slice(1) : [...args]);
  if (values.help === true) return { name: 'help' };
  const [name = '', ...rest] = positionals;
  const taken = TAKES[name];
  const known = `there are ${Object.keys(TAKES).join(', ')}`;
  if (taken === undefined)
    throw new UsageError(`${name === '' ? 'a name is missing' : `"${name}" is no benchmark`}: ${known}`);
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is one name too many`);
  const stranger = Object.keys(values).find((flag) => !taken.includes(flag));
  if (stranger !== undefined) throw new UsageError(`${name} takes no --${stranger}`);
  const build = buildOf(values.from);
  const forms = formsOf(values.form);
  if (name === 'ingest') return { name, forms, build, messages: count('messages', values.messages, 20_000, 40_000) };
  if (name === 'throughput') {
    const messages = count('messages', values.messages, 25_000, 40_000);
    return { name, build, messages, rounds: count('rounds', values.rounds, 3, 100) };
  }
  if (name === 'history') {
    const messages = count('messages', values.messages, 100_000, 1_000_000);
    const seconds = count('seconds', values.seconds, 3, 600);
    return { name, build, messages, seconds, rounds: count('rounds', values.rounds, 3, 100) };
  }
  if (name === 'heap') {
    const messages = count('messages', values.messages, 1_000_000, 1_000_000);
    return { name, build, messages, authors: count('authors', values.authors, 100_000, 1_000_000) };
  }
  if (name === 'fanout') {
    const clients = count('clients', values.clients, 1_000, 15_000);
    return { name, build, part: partOf(values.part), clients, seconds: count('seconds', values.seconds, 4, 600) };
  }
  if (name === 'start') return { name, build, runs: count('runs', values.runs, 5, 100) };
  if (name === 'lines') return { name };
  return {
    name: 'latency',
    forms,
    build,
    clients: count('clients', values.clients, 1_000, 15_000),
    rate: count('rate', values.rate, 100, 10_000),
    seconds: count('seconds', values.seconds, 20, 600),
  };
}

function readFlags(args: string[]) {
  try {
    return parseArgs({ args, options: FLAGS, strict: true, allowPositionals: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('. ')[0] : String(cause);
    throw new UsageError(`${reason}; --help lists what there is`, { cause });
  }
}

function formsOf(text: string | undefined): readonly Form[] {
  if (text === undefined || text === 'both') return FORMS;
  const form = FORMS.find((candidate) => candidate === text);
  if (form === undefined) throw new UsageError(`--form must be ${FORMS.join(', ')} or both, not "${text}"`);
  return [form];
}

function partOf(text = 'rates'): FanOutPart {
  const part = FAN_OUT_PARTS.find((candidate) => candidate === text);
  if (part === undefined) throw new UsageError(`--part must be one of ${FAN_OUT_PARTS.join(', ')}, not "${text}"`);
  return part;
}

function buildOf(text: string | undefined): BuildKind {
  if (text === undefined || text === 'source') return 'source';
  if (text === 'dist') return 'dist';
  throw new UsageError(`--from must be source or dist, not "${text}"`);
}

function count(name: string, text: string | undefined, fallback: number, max: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
  throw new UsageError(`--${name} must be a whole number from 1 to ${max}, not "${text}"`);
}
