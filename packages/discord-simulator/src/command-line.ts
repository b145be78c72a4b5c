import { parseArgs } from 'node:util';
import type { DiscordSimulatorOptions } from './options.ts';

/** A command line or environment that cannot be understood; the message is one sentence for the terminal. */
export class CommandError extends Error {
  readonly code = 'bad_command';
}

export type Command = { readonly kind: 'help' } | { readonly kind: 'run'; readonly options: DiscordSimulatorOptions };

const DEFAULT_PORT = 4590;

export const USAGE = `Serves a fake of Discord's REST API and gateway v10 for bots under test.

Usage: pnpm simulator [options]

  --port N             port to listen on; default ${DEFAULT_PORT}, 0 = any free one
  --host ADDRESS       address to listen on; default 127.0.0.1
  --script FILE        NDJSON to replay once, from the first client's readiness on (env SIMULATOR_SCRIPT);
                       without one an endless conversation plays
  --rate N             messages per second, 0 = as fast as the reader takes them (env SIMULATOR_RATE);
                       default 10 for a script, 1 for the conversation
  --seed N             decides the conversation and the ids of guilds, channels and users; default 1
  --history N          messages that the conversation's channels hold from the start; default 0
  --token TOKEN        the only token accepted; default: any well-formed one
  --no-rate-limits     answer REST requests without rate limits
  --heartbeat-ms N     heartbeat interval, milliseconds; default 41250
  --resume-ms N        how long a session may be resumed, milliseconds; default 180000
  --resume-buffer N    dispatches kept for a resume; default 50000
  --identify-ms N      least time between two IDENTIFYs, milliseconds; default 5000, 0 = any pace
  --help               this text
`;

const FLAGS = {
  port: { type: 'string' },
  host: { type: 'string' },
  script: { type: 'string' },
  rate: { type: 'string' },
  seed: { type: 'string' },
  history: { type: 'string' },
  token: { type: 'string' },
  'no-rate-limits': { type: 'boolean' },
  'heartbeat-ms': { type: 'string' },
  'resume-ms': { type: 'string' },
  'resume-buffer': { type: 'string' },
  'identify-ms': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the arguments after `node main.ts`; flags win over the environment. @throws CommandError. */
export function parseCommand(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Command {
  const values = readFlags(args);
  if (values.help === true) return { kind: 'help' };
  const script = values.script ?? emptyToUndefined(env.SIMULATOR_SCRIPT);
  const rate = values.rate ?? emptyToUndefined(env.SIMULATOR_RATE);
  const numbers = {
    rate: numberOf(values.rate === undefined ? 'SIMULATOR_RATE' : '--rate', rate),
    seed: numberOf('--seed', values.seed),
    history: numberOf('--history', values.history),
    heartbeatIntervalMs: numberOf('--heartbeat-ms', values['heartbeat-ms']),
    resumeLifetimeMs: numberOf('--resume-ms', values['resume-ms']),
    resumeBufferSize: numberOf('--resume-buffer', values['resume-buffer']),
    identifyIntervalMs: numberOf('--identify-ms', values['identify-ms']),
  };
  return {
    kind: 'run',
    options: {
      port: numberOf('--port', values.port) ?? DEFAULT_PORT,
      ...present({ host: values.host, script, token: values.token }),
      ...present(numbers),
      rateLimits: values['no-rate-limits'] !== true,
    },
  };
}

function readFlags(args: readonly string[]) {
  // `pnpm simulator -- --port 1` hands the dashes through.
  const own = args[0] === '--' ? args.slice(1) : args;
  try {
    return parseArgs({ args: own, options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('. ')[0] : String(cause);
    throw new CommandError(`${reason}; --help lists what there is`, { cause });
  }
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new CommandError(`${name} must be a number, not "${text}"`);
  return Number(text);
}

function emptyToUndefined(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text;
}

type Present<Values> = { [Name in keyof Values]?: Exclude<Values[Name], undefined> };

function present<Values extends object>(values: Values): Present<Values> {
  const kept: Present<Values> = {};
  return Object.assign(kept, Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)));
}
