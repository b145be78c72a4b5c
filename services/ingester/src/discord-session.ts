import { setTimeout as sleep } from 'node:timers/promises';
import type { IdentifyUse } from '@dms/event-log';
import type { Origin } from '@dms/protocol';
import type { Logger } from '@dms/runtime';
import { Client, GatewayIntentBits, SimpleShardingStrategy, type WebSocketOptions } from 'discord.js';
import { refusalOf, TOKEN_REFUSED } from './discord-refused-error.ts';
import { type IdentifyLimitWatch, watchIdentifyLimit } from './discord-rest.ts';
import { createDispatchOrder } from './dispatch-order.ts';
import { identifyPace } from './identify-pace.ts';
import type { ResumePoint, SessionMemory } from './session-memory.ts';
import { createSessionOutcome, type SessionOutcome } from './session-outcome.ts';
import type { SocketPause } from './socket-pause.ts';
import type { SessionEnd, SourceState } from './stay-connected.ts';
import { reached } from './steps.ts';
import { within } from './within.ts';

/** Directory, messages with their content, reactions, polls. */
const INTENT_BITS = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.GuildMessageReactions,
  GatewayIntentBits.GuildMessagePolls,
  GatewayIntentBits.MessageContent,
];
export const INTENTS = INTENT_BITS.reduce((all, bit) => all | bit, 0);
/** Application flags that say Message Content is switched on: GATEWAY_MESSAGE_CONTENT, and its limited form. */
const MESSAGE_CONTENT_FLAGS = (1 << 18) | (1 << 19);
/** Longer than discord.js' own limits for one connection attempt, which must fail first. */
const LOGIN_TIMEOUT_MS = 90_000;
const RESUME_TIMEOUT_MS = 30_000;
/** discord.js alone would try for ever, twice a second. */
const MAX_RESUME_TRIES = 3;
const HANG_UP_TIMEOUT_MS = 2_000;
/** Between two connections of one that does not know whether it leads: well within the life of a session. */
const LEASELESS_PAUSE_MS = 20_000;
/** How soon to look again whether the IDENTIFY budget has room. */
const MAX_BUDGET_WAIT_MS = 600_000;
/** 1000 and 1001 would end the session; any other code leaves it for whoever connects next. */
const LEAVE_CODE = 4200;

export interface RawDispatch {
  readonly type: string;
  readonly data: unknown;
  /** `resume` for what Discord replays after a lost connection. */
  readonly origin: Origin;
  /** Where the session can be taken up again once this dispatch, and all before it, is stored. */
  readonly point: ResumePoint;
}

/** What READY says beside the dispatch itself. */
export interface FreshSession {
  readonly hasMessageContent: boolean;
  /** Those the bot is in; each is described by a GUILD_CREATE of its own, now or when its outage is over. */
  readonly guildIds: readonly string[];
}

/** Called between `connect` and `disconnect` only. What `dispatch` and `freshSession` throw is logged and costs that dispatch. */
export interface SessionListener {
  /** In Discord's order, each sequence once per session. */
  dispatch(dispatch: RawDispatch): void;
  /** READY of a session that is not a continuation: what happened before it must be looked up. */
  freshSession(session: FreshSession): void;
  /** The session goes on, and everything that was missed has been dispatched. */
  resumed(): void;
}

/** Counts the IDENTIFYs of 24 hours, whichever process sent them. Both reject when the counter cannot be reached. */
export interface IdentifyBudget {
  read(): Promise<IdentifyUse>;
  /** Called before each IDENTIFY. */
  spend(): Promise<void>;
}

export interface SessionDeps {
  readonly token: string;
  /** Without the version: `https://discord.com/api`. */
  readonly apiUrl: string;
  readonly listener: SessionListener;
  readonly budget: IdentifyBudget;
  readonly memory: SessionMemory;
  readonly socketPause: SocketPause;
  readonly logger: Logger;
  /** Least time between two IDENTIFYs. */
  readonly identifyIntervalMs: number;
  /** Before each connection: resolves when we lead for certain, or after `patienceMs`. Default: at once. */
  readonly untilLeading?: (patienceMs: number, signal: AbortSignal) => Promise<void>;
  /** How long Discord may take to answer a RESUME, anew with each dispatch it replays; default 30,000. */
  readonly resumeTimeoutMs?: number | undefined;
  /** How long one login may take, from the first question to READY; default 90,000. */
  readonly loginTimeoutMs?: number | undefined;
  readonly onState: (state: SourceState) => void;
}

type ShardManager = Parameters<NonNullable<WebSocketOptions['buildStrategy']>>[0];

const forever = (): Promise<never> => new Promise(() => {});

/** One connection to Discord, resumed as often as it takes; it begins with a RESUME when `memory` has a session. Resolves when it
 *  is over and hung up: by `signal`, because Discord ended it, or because it did not come back in time. The session itself
 *  stays in `memory` unless Discord ended it or would not resume it. A second session is never started by discord.js: each
 *  IDENTIFY comes after a fresh look at the budget (`GET /gateway/bot`) and after our back-off. */
export async function holdDiscordSession(deps: SessionDeps, signal: AbortSignal): Promise<SessionEnd> {
  const { listener, logger, onState, memory } = deps;
  const { resumeTimeoutMs = RESUME_TIMEOUT_MS, loginTimeoutMs = LOGIN_TIMEOUT_MS } = deps;
  const order = createDispatchOrder(memory.current?.sequence);
  const outcome = createSessionOutcome();
  let resumeTries = 0;
  let isResuming = false;
  let socket: 'none' | 'opening' | 'open' = 'none';
  let connection: ShardManager | null = null;

  const giveUpSession = (reason: string): void => {
    if (outcome.isOver) return;
    memory.begin(null);
    outcome.lose(reason);
  };

  const onDispatch = ({ t, s, d }: { readonly t: string; readonly s: number; readonly d: unknown }): void => {
    if (outcome.isOver) return;
    if (isResuming) outcome.heard();
    const origin = order.accept(t, s);
    const { current } = memory;
    if (origin === null || current === null) return;
    reached('dispatch-received');
    if (t === 'READY' || t === 'RESUMED') {
      outcome.arrived();
      resumeTries = 0;
      isResuming = false;
      onState({ discord: 'connected', detail: null });
    }
    try {
      if (t === 'READY') listener.freshSession(readFreshSession(d));
      const { sessionId, resumeUrl } = current;
      listener.dispatch({ type: t, data: d, origin, point: { sessionId, resumeUrl, sequence: s } });
      if (t === 'RESUMED') listener.resumed();
    } catch (error) {
      logger.error('dispatch could not be handled', { type: t, error });
    }
  };

  const onClosed = (code: number): void => {
    const wasOpening = socket === 'opening';
    socket = 'none';
    if (outcome.isOver) return;
    const sentence = refusalOf(code);
    if (sentence !== null) return outcome.end({ kind: 'refused', sentence, cause: undefined });
    // The network's fault, not the session's: it is resumed when Discord can be reached again.
    if (wasOpening) return outcome.lose(`the connection could not be opened (${code})`);
    resumeTries += 1;
    if (resumeTries > MAX_RESUME_TRIES) return giveUpSession(`the session could not be resumed (${code})`);
    onState({ discord: 'connecting', detail: `Discord closed the connection (${code})` });
    logger.info('discord connection closed', { code });
    outcome.expect(resumeTimeoutMs);
  };

  const attach = (manager: ShardManager): void => {
    connection = manager;
    const { options } = manager;
    const sessionInfo = () => {
      // A destroyed discord.js may still open one more connection, unless it waits here for ever.
      if (outcome.isOver) return forever();
      const { current } = memory;
      if (current === null) return null;
      // Asked for each dispatch too.
      const { sessionId, sequence, resumeUrl } = current;
      return { sessionId, sequence, resumeURL: resumeUrl, shardId: 0, shardCount: 1 };
    };
    const openWithSession = async () => {
      // Another ingester may lead, and have closed this connection by resuming its session; taking it back helps nobody.
      await deps.untilLeading?.(LEASELESS_PAUSE_MS, signal);
      if (socket === 'none' && !outcome.isOver) socket = 'opening';
      return sessionInfo();
    };
    // Asked before each connection, and for each dispatch: one that waited here would be overtaken by the next.
    options.retrieveSessionInfo = () => (socket === 'none' ? openWithSession() : sessionInfo());
    options.updateSessionInfo = (_shardId, session) => {
      if (session === null) return giveUpSession('Discord ended the session');
      const { sessionId, resumeURL, sequence } = session;
      if (sessionId !== memory.current?.sessionId) memory.begin({ sessionId, resumeUrl: resumeURL, sequence });
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
      if (!message.startsWith('Resuming session')) return;
      order.resuming();
      isResuming = true;
      outcome.expect(resumeTimeoutMs);
    });
  };

  const identifyLimit = watchIdentifyLimit();
  const client = new Client({
    intents: INTENTS,
    shards: [0],
    shardCount: 1,
    rest: { api: deps.apiUrl, makeRequest: identifyLimit.makeRequest },
    ws: {
      buildStrategy(manager) {
        attach(manager);
        const strategy = new SimpleShardingStrategy(manager);
        deps.socketPause.attach(strategy);
        return strategy;
      },
      buildIdentifyThrottler: () => ({ waitForIdentify: () => waitForIdentify(deps, outcome, identifyLimit) }),
    },
  });
  client.on('error', (error) => logger.warn('discord client error', { error }));
  client.on('shardError', (error) => logger.warn('discord connection error', { error }));

  const hangUp = async (): Promise<void> => {
    // Destroyed while its socket opens, discord.js leaves the socket alone and its failure to nobody.
    if (socket === 'opening') await new Promise((done) => connection?.once('hello', done).once('closed', done));
    await connection?.destroy({ code: LEAVE_CODE });
    // Only what is left: by itself it would close with 1000.
    await client.destroy();
  };
  const onAbort = (): void => outcome.lose('told to disconnect');

  signal.addEventListener('abort', onAbort, { once: true });
  outcome.expect(loginTimeoutMs);
  if (signal.aborted) onAbort();
  else client.login(deps.token).catch((error: unknown) => outcome.end(loginFailure(error)));
  const how = await outcome.ended;
  // Whoever does not answer a RESUME will not answer the next one either.
  if (isResuming && !signal.aborted) memory.begin(null);
  signal.removeEventListener('abort', onAbort);
  await within(HANG_UP_TIMEOUT_MS, hangUp());
  return how;
}

/** Resolves when an IDENTIFY may be sent; never when this connection ends before. */
async function waitForIdentify(deps: SessionDeps, outcome: SessionOutcome, watch: IdentifyLimitWatch): Promise<void> {
  try {
    const { limit } = watch;
    if (limit === null) throw new Error('Discord did not say how many are left');
    const pace = identifyPace(await deps.budget.read(), limit, deps.identifyIntervalMs);
    if (pace.kind === 'stop') {
      deps.logger.error('identify budget is nearly used up, not connecting', { ...limit, resetsInMs: pace.resetsInMs });
      outcome.lose('the identify budget is nearly used up', Math.min(pace.resetsInMs, MAX_BUDGET_WAIT_MS));
      return forever();
    }
    outcome.expect(pace.ms + (deps.loginTimeoutMs ?? LOGIN_TIMEOUT_MS));
    const over = new AbortController();
    void outcome.ended.then(() => over.abort());
    await sleep(pace.ms, undefined, { signal: over.signal }).catch(() => undefined);
    if (outcome.isOver) return forever();
    await deps.budget.spend();
    if (outcome.isOver) return forever();
  } catch (error) {
    // Thrown into discord.js, it would identify all the same.
    outcome.lose(`the identify budget cannot be read: ${error instanceof Error ? error.message : 'unknown error'}`);
    return forever();
  }
}

function loginFailure(error: unknown): SessionEnd {
  const isTokenRefused = error instanceof Error && 'code' in error && error.code === 'TokenInvalid';
  if (isTokenRefused) return { kind: 'refused', sentence: TOKEN_REFUSED, cause: error };
  return { kind: 'lost', reason: error instanceof Error ? error.message : 'the login failed', retryInMs: 0 };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function readFreshSession(ready: unknown): FreshSession {
  const { application, guilds } = isObject(ready) ? ready : {};
  const flags = isObject(application) && typeof application.flags === 'number' ? application.flags : 0;
  const guildIds = Array.isArray(guilds)
    ? guilds.flatMap((guild: unknown) => (isObject(guild) && typeof guild.id === 'string' ? [guild.id] : []))
    : [];
  return { hasMessageContent: (flags & MESSAGE_CONTENT_FLAGS) !== 0, guildIds };
}
