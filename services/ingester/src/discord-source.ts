import { setTimeout as sleep } from 'node:timers/promises';
import type { Origin } from '@dms/protocol';
import type { Logger } from '@dms/runtime';
import {
  Client,
  DiscordAPIError,
  GatewayIntentBits,
  REST,
  Routes,
  SimpleShardingStrategy,
  type WebSocketOptions,
} from 'discord.js';
import { type DiscordRefusedError, refusalOf, TOKEN_REFUSED } from './discord-refused-error.ts';
import { createDispatchOrder } from './dispatch-order.ts';
import { createSessionOutcome } from './session-outcome.ts';
import { type SessionEnd, type SourceState, stayConnected } from './stay-connected.ts';
import { within } from './within.ts';

/** Directory, messages with their content, reactions, polls. */
const INTENTS = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.GuildMessageReactions,
  GatewayIntentBits.GuildMessagePolls,
  GatewayIntentBits.MessageContent,
] as const;
/** Application flags that say Message Content is switched on: GATEWAY_MESSAGE_CONTENT, and its limited form. */
const MESSAGE_CONTENT_FLAGS = (1 << 18) | (1 << 19);
/** Longer than discord.js' own limit for one connection attempt (30 s), which must fail first. */
const LOGIN_TIMEOUT_MS = 45_000;
const RESUME_TIMEOUT_MS = 30_000;
/** discord.js alone would try for ever, twice a second. */
const MAX_RESUME_TRIES = 3;
const HANG_UP_TIMEOUT_MS = 2_000;
/** discord.js keeps this pause only within one client. */
const IDENTIFY_INTERVAL_MS = 5_000;
const MAX_HISTORY_PAGE = 100;

export interface RawDispatch {
  readonly type: string;
  readonly data: unknown;
  /** `resume` for what Discord replays after a dropped socket. */
  readonly origin: Origin;
}

/** `refused` for 4xx: no permission, or gone. Asking again does not help. */
export type HistoryPage =
  | { readonly kind: 'page'; readonly messages: unknown }
  | { readonly kind: 'refused'; readonly status: number };

/** Called between `connect` and `disconnect` only. What `dispatch` and `freshSession` throw is logged and costs that dispatch. */
export interface DiscordSourceListener {
  /** In Discord's order, each sequence once per session. */
  dispatch(dispatch: RawDispatch): void;
  /** READY of a session that is not a continuation: what happened before it must be looked up. */
  freshSession(hasMessageContent: boolean): void;
  /** Trying again cannot help, and no attempt is made until `connect`. */
  refused(error: DiscordRefusedError): void;
}

/** Discord's side of the ingester; the only file that knows discord.js. Raw dispatches only: of uncached messages discord.js
 *  silently drops every edit, delete and reaction. It keeps session, heartbeat, RESUME, REST and rate limits. */
export interface DiscordSource {
  readonly state: SourceState;
  /** Connects and keeps trying until `disconnect`. Returns at once; does nothing when already called. */
  connect(): void;
  /** No listener is called any more. Resolves when the connection is closed, after at most 2 s. */
  disconnect(): Promise<void>;
  /** Messages after `afterId`, at most 100, newest first. Waits for rate limits. @throws for outages and when aborted. */
  messagesAfter(channelId: string, afterId: string, signal: AbortSignal): Promise<HistoryPage>;
}

export interface DiscordSourceOptions {
  readonly token: string;
  /** Without the version: `https://discord.com/api`. */
  readonly apiUrl: string;
  readonly listener: DiscordSourceListener;
  readonly logger: Logger;
  /** Least time between two IDENTIFYs; default 5,000, which Discord demands. */
  readonly identifyIntervalMs?: number | undefined;
}

export function createDiscordSource(options: DiscordSourceOptions): DiscordSource {
  const { listener, logger, identifyIntervalMs = IDENTIFY_INTERVAL_MS } = options;
  let rest = createRest(options);
  let state: SourceState = { discord: 'disconnected', detail: null };
  let attempt: AbortController | null = null;
  let finished: Promise<void> = Promise.resolve();
  let nextIdentifyMs = 0;

  const onState = (next: SourceState): void => {
    state = next;
  };
  const noteIdentify = (): void => {
    nextIdentifyMs = performance.now() + identifyIntervalMs;
  };
  const waitForIdentify = async (closed: AbortSignal): Promise<void> => {
    await sleep(Math.max(0, nextIdentifyMs - performance.now()), undefined, { signal: closed });
    noteIdentify();
  };

  return {
    get state() {
      return state;
    },
    connect() {
      if (attempt !== null) return;
      attempt = new AbortController();
      const { signal } = attempt;
      // discord.js forgets the token for good after one 401.
      rest = createRest(options);
      const holdSession = () => holdDiscordSession({ ...options, waitForIdentify, noteIdentify, onState }, signal);
      const onRefused = (error: DiscordRefusedError): void => {
        attempt = null;
        listener.refused(error);
      };
      finished = finished.then(() => stayConnected({ holdSession, onState, onRefused, logger }, signal));
    },
    async disconnect() {
      attempt?.abort();
      attempt = null;
      state = { discord: 'disconnected', detail: null };
      await finished;
    },
    async messagesAfter(channelId, afterId, signal) {
      const query = new URLSearchParams({ after: afterId, limit: String(MAX_HISTORY_PAGE) });
      // One of its own for each request: @discordjs/rest leaves its listener on the signal, and a stretch has many pages.
      const abort = AbortSignal.any([signal]);
      try {
        return { kind: 'page', messages: await rest.get(Routes.channelMessages(channelId), { query, signal: abort }) };
      } catch (error) {
        if (error instanceof DiscordAPIError) return { kind: 'refused', status: error.status };
        throw error;
      }
    },
  };
}

// Its own REST: the client's goes with the client. No sweepers: few routes, and their timers would outlive us.
function createRest({ apiUrl, token }: DiscordSourceOptions): REST {
  return new REST({ api: apiUrl, version: '10', hashSweepInterval: 0, handlerSweepInterval: 0 }).setToken(token);
}

type ShardManager = Parameters<NonNullable<WebSocketOptions['buildStrategy']>>[0];

interface HoldDeps extends DiscordSourceOptions {
  readonly waitForIdentify: (closed: AbortSignal) => Promise<void>;
  /** Discord counts from when it read the IDENTIFY, which is at the latest when READY is here. */
  readonly noteIdentify: () => void;
  readonly onState: (state: SourceState) => void;
}

/** One session with Discord, resumed as often as it takes. Resolves when it is over and hung up: by `signal`, because Discord
 *  ended it, or because it did not come back in time. discord.js never starts a second session by itself: each IDENTIFY
 *  comes after a fresh look at the budget (`GET /gateway/bot`) and after our back-off. */
async function holdDiscordSession(deps: HoldDeps, signal: AbortSignal): Promise<SessionEnd> {
  const { listener, logger, onState } = deps;
  const order = createDispatchOrder();
  const outcome = createSessionOutcome();
  let resumeTries = 0;
  let socket: 'none' | 'opening' | 'open' = 'none';
  let shards: ShardManager | null = null;

  const onDispatch = ({ t, s, d }: { readonly t: string; readonly s: number; readonly d: unknown }): void => {
    const origin = outcome.isOver ? null : order.accept(t, s);
    if (origin === null) return;
    if (t === 'READY' || t === 'RESUMED') {
      outcome.arrived();
      resumeTries = 0;
      onState({ discord: 'connected', detail: null });
    }
    if (t === 'READY') deps.noteIdentify();
    try {
      if (t === 'READY') listener.freshSession(hasMessageContent(d));
      listener.dispatch({ type: t, data: d, origin });
    } catch (error) {
      logger.error('dispatch could not be handled', { type: t, error });
    }
  };

  const onClosed = (code: number): void => {
    socket = 'none';
    if (outcome.isOver) return;
    const sentence = refusalOf(code);
    if (sentence !== null) return outcome.end({ kind: 'refused', sentence, cause: undefined });
    resumeTries += 1;
    if (resumeTries > MAX_RESUME_TRIES) return outcome.lose(`the session could not be resumed (${code})`);
    onState({ discord: 'connecting', detail: `Discord closed the connection (${code})` });
    logger.info('discord connection closed', { code });
    outcome.expect(RESUME_TIMEOUT_MS);
  };

  const attach = (manager: ShardManager): void => {
    shards = manager;
    const { retrieveSessionInfo, updateSessionInfo } = manager.options;
    manager.options.retrieveSessionInfo = (shardId) => {
      // Asked before each connection. A destroyed discord.js may still open one more, unless it waits here for ever.
      if (outcome.isOver) return new Promise(() => {});
      if (socket === 'none') socket = 'opening';
      return retrieveSessionInfo(shardId);
    };
    manager.options.updateSessionInfo = (shardId, session) => {
      if (session === null) outcome.lose('Discord ended the session');
      return updateSessionInfo(shardId, session);
    };
    manager.on('hello', () => {
      if (socket === 'open') return;
      socket = 'open';
      // discord.js' own listeners fill caches nobody reads, hold dispatches back until every guild is there, and throw on
      // odd data, which would end the process. The session does not need them.
      manager.removeAllListeners('ready');
      manager.removeAllListeners('dispatch');
      manager.on('dispatch', ({ data }) => onDispatch(data));
    });
    manager.on('closed', ({ code }) => onClosed(code));
    manager.on('debug', ({ message }) => {
      // No event tells that RESUME was sent, and a close is not always behind it: Discord may ask for it (op 9).
      if (message.startsWith('Resuming session')) order.resuming();
    });
  };

  const client = new Client({
    intents: INTENTS,
    rest: { api: deps.apiUrl },
    ws: {
      buildStrategy(manager) {
        attach(manager);
        return new SimpleShardingStrategy(manager);
      },
      buildIdentifyThrottler: () => ({ waitForIdentify: (_shardId, closed) => deps.waitForIdentify(closed) }),
    },
  });
  client.on('error', (error) => logger.warn('discord client error', { error }));
  client.on('shardError', (error) => logger.warn('discord connection error', { error }));

  const hangUp = async (): Promise<void> => {
    // Destroyed while its socket opens, discord.js leaves the socket alone and its failure to nobody.
    if (socket === 'opening') await new Promise((resolve) => shards?.once('hello', resolve).once('closed', resolve));
    await client.destroy();
  };
  const onAbort = (): void => outcome.lose('told to disconnect');

  signal.addEventListener('abort', onAbort, { once: true });
  outcome.expect(LOGIN_TIMEOUT_MS);
  if (signal.aborted) onAbort();
  else client.login(deps.token).catch((error: unknown) => outcome.end(loginFailure(error)));
  const how = await outcome.ended;
  signal.removeEventListener('abort', onAbort);
  await within(HANG_UP_TIMEOUT_MS, hangUp());
  return how;
}

function loginFailure(error: unknown): SessionEnd {
  if (!(error instanceof Error)) return { kind: 'lost', reason: 'the login failed' };
  const isTokenRefused = 'code' in error && error.code === 'TokenInvalid';
  if (isTokenRefused) return { kind: 'refused', sentence: TOKEN_REFUSED, cause: error };
  return { kind: 'lost', reason: error.message };
}

function hasMessageContent(ready: unknown): boolean {
  const application = typeof ready === 'object' && ready !== null && 'application' in ready ? ready.application : null;
  const flags =
    typeof application === 'object' && application !== null && 'flags' in application ? application.flags : 0;
  return typeof flags === 'number' && (flags & MESSAGE_CONTENT_FLAGS) !== 0;
}
