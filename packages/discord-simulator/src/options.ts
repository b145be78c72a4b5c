/** A guild to be there from the start, beside what a script brings. */
export interface GuildBlueprint {
  readonly name: string;
  /** Names of text channels. */
  readonly channels: readonly string[];
  /** Names of members; the bot is always one. */
  readonly members?: readonly string[];
}

/** Everything about a simulator that can be chosen. */
export interface DiscordSimulatorOptions {
  /** TCP port; default 0: any free one. */
  readonly port?: number;
  /** Address to listen on; default `127.0.0.1`. The control API answers loopback only, whatever is set here. */
  readonly host?: string;
  /** Decides the conversation's course and the ids of guilds, channels and users; default 1. */
  readonly seed?: number;
  /** Path of an NDJSON script to play once, from the first client's readiness on; default none. */
  readonly script?: string;
  /** Messages per second of the script (default 10) or the conversation (default 1); 0 = as fast as the reader takes them. */
  readonly rate?: number;
  /** Play the built-in conversation, from the first client's readiness on; default true unless a script or guilds are given. */
  readonly conversation?: boolean;
  /** Messages that the conversation's channels hold before anybody connects; default 0. They are no dispatches. */
  readonly history?: number;
  /** Guilds with channels and members but no traffic of their own; default none. */
  readonly guilds?: readonly GuildBlueprint[];
  /** The only token accepted; default: every one of three non-empty parts joined by dots. */
  readonly token?: string;
  /** Name of the bot; default `Streamer`. */
  readonly botName?: string;
  /** Enforce Discord's REST rate limits with true headers; default true. False: no limits, no headers. */
  readonly rateLimits?: boolean;
  /** heartbeat_interval of HELLO, milliseconds; default 41,250. Twice that without a heartbeat closes with 4009. */
  readonly heartbeatIntervalMs?: number;
  /** How long a session without a socket may be resumed, milliseconds; default 180,000. */
  readonly resumeLifetimeMs?: number;
  /** Dispatches kept per session for RESUME; default 50,000; 0 keeps none. */
  readonly resumeBufferSize?: number;
  /** Drop what a heartbeat acknowledged from the resume buffer, as a hard-hearted server may; default false. */
  readonly trimOnHeartbeat?: boolean;
  /** session_start_limit.total, IDENTIFYs a day per token; default 1,000. Going beyond resets the token: 4004 and 401. */
  readonly identifyLimit?: number;
  /** session_start_limit.max_concurrency; default 1. */
  readonly maxConcurrency?: number;
  /** Least time between IDENTIFYs of one concurrency key, milliseconds; default 5,000; 0 allows any pace. */
  readonly identifyIntervalMs?: number;
  /** Intents that are switched off in the developer portal (bits): 4014, and contents stripped on REST; default 0. */
  readonly disallowedIntents?: number;
  /** Messages remembered; the oldest are forgotten, without a dispatch, when there are more; default 1,000,000. */
  readonly maxMessages?: number;
  /** Unix milliseconds for ids and timestamps; default Date.now. Timers and rate limits always run on real time. */
  readonly now?: () => number;
}

/** The options with every default filled in. */
export type ResolvedOptions = Required<Omit<DiscordSimulatorOptions, 'script' | 'token'>> & {
  readonly script: string | undefined;
  readonly token: string | undefined;
};

const SCRIPT_RATE = 10;
const CONVERSATION_RATE = 1;

/** Fills the defaults in. @throws RangeError naming an option that is out of its range. */
export function resolveOptions(options: DiscordSimulatorOptions): ResolvedOptions {
  const hasOwnWorld = options.script !== undefined || options.guilds !== undefined;
  const resolved: ResolvedOptions = {
    port: options.port ?? 0,
    host: options.host ?? '127.0.0.1',
    seed: options.seed ?? 1,
    script: options.script,
    rate: options.rate ?? (options.script === undefined ? CONVERSATION_RATE : SCRIPT_RATE),
    conversation: options.conversation ?? !hasOwnWorld,
    history: options.history ?? 0,
    guilds: options.guilds ?? [],
    token: options.token,
    botName: options.botName ?? 'Streamer',
    rateLimits: options.rateLimits ?? true,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? 41_250,
    resumeLifetimeMs: options.resumeLifetimeMs ?? 180_000,
    resumeBufferSize: options.resumeBufferSize ?? 50_000,
    trimOnHeartbeat: options.trimOnHeartbeat ?? false,
    identifyLimit: options.identifyLimit ?? 1000,
    maxConcurrency: options.maxConcurrency ?? 1,
    identifyIntervalMs: options.identifyIntervalMs ?? 5000,
    disallowedIntents: options.disallowedIntents ?? 0,
    maxMessages: options.maxMessages ?? 1_000_000,
    now: options.now ?? Date.now,
  };
  requireRange('port', resolved.port, 0, 65_535);
  requireRange('rate', resolved.rate, 0, 1_000_000);
  requireRange('history', resolved.history, 0, 1_000_000);
  requireRange('heartbeatIntervalMs', resolved.heartbeatIntervalMs, 10, 3_600_000);
  requireRange('resumeBufferSize', resolved.resumeBufferSize, 0, 10_000_000);
  requireRange('maxMessages', resolved.maxMessages, 1000, 100_000_000);
  requireRange('maxConcurrency', resolved.maxConcurrency, 1, 1000);
  return resolved;
}

function requireRange(name: string, value: number, minimum: number, maximum: number): void {
  if (value >= minimum && value <= maximum) return;
  throw new RangeError(`${name} must be from ${minimum} to ${maximum}, not ${value}`);
}
