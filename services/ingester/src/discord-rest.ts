import { DiscordAPIError, RateLimitError, REST, type RESTOptions, Routes } from 'discord.js';
import { DiscordRefusedError, TOKEN_REFUSED } from './discord-refused-error.ts';
import { createRequestPace } from './request-pace.ts';

export const MAX_HISTORY_PAGE = 100;
const UNAUTHORIZED = 401;
const UNKNOWN_CHANNEL = 10_003;
const UNKNOWN_MESSAGE = 10_008;

/** `refused` for 4xx: no permission, or gone. Asking again does not help. */
export type HistoryPage =
  | { readonly kind: 'page'; readonly messages: unknown }
  | { readonly kind: 'refused'; readonly status: number };

export type ThreadPage =
  | { readonly kind: 'page'; readonly threads: unknown; readonly hasMore: boolean }
  | { readonly kind: 'refused'; readonly status: number };

/** One side of a channel's history, without the message of that id. */
export type HistoryRange = { readonly after: string } | { readonly before: string };

/** Asking Discord for what it did not dispatch. Every call waits for rate limits, and @throws for outages and when aborted. */
export interface DiscordHistory {
  /** At most 100, newest first; `after` gives the oldest of those after it. */
  messages(channelId: string, range: HistoryRange, signal: AbortSignal): Promise<HistoryPage>;
  /** Whether a message is there; null when Discord does not say, for example because we may not read there. */
  hasMessage(channelId: string, messageId: string, signal: AbortSignal): Promise<boolean | null>;
  /** Whether a channel or thread is there; null when Discord does not say. */
  hasChannel(channelId: string, signal: AbortSignal): Promise<boolean | null>;
  /** Archived threads of a channel, at most 100; `before` is null for the first page. The latest archived first, and `before` the
   *  `archive_timestamp` of the last one on the page before; but `joined` ones by id, newest first, and `before` that id. Private
   *  threads need a permission, or are those the bot has joined. */
  archivedThreads(
    channelId: string,
    kind: 'public' | 'private' | 'joined',
    before: string | null,
    signal: AbortSignal,
  ): Promise<ThreadPage>;
}

export interface DiscordHistoryOptions {
  readonly token: string;
  /** Without the version: `https://discord.com/api`. */
  readonly apiUrl: string;
  /** Discord does not know the token any more. */
  readonly onRefused: (error: DiscordRefusedError) => void;
}

/** What Discord allows a bot in all. https://discord.com/developers/docs/topics/rate-limits#global-rate-limit */
const DISCORD_REQUESTS_PER_SECOND = 50;
/** A little less, evenly: Discord's seconds do not begin when ours do, what is late comes closer together, and asking for too much
 *  costs a second each time. */
const PACED_REQUESTS_PER_SECOND = 44;

/** Asking Discord for more than it allows counts towards a ban. Whatever else answers, such as a proxy that keeps the limits of
 *  several bots, says itself when it is too much. */
function isDiscordItself(apiUrl: string): boolean {
  return /(?:^|\.)discord(?:app)?\.com$/.test(new URL(apiUrl).hostname);
}

// No sweepers: few routes, and their timers would outlive us.
export function createRest({
  apiUrl,
  token,
  rejectOnRateLimit = null,
}: {
  readonly apiUrl: string;
  readonly token: string;
  /** Which limits are an error instead of a wait; default none. */
  readonly rejectOnRateLimit?: RESTOptions['rejectOnRateLimit'];
}): REST {
  const globalRequestsPerSecond = isDiscordItself(apiUrl) ? DISCORD_REQUESTS_PER_SECOND : Number.POSITIVE_INFINITY;
  return new REST({
    ...{ api: apiUrl, version: '10', hashSweepInterval: 0, handlerSweepInterval: 0, globalRequestsPerSecond },
    rejectOnRateLimit,
  }).setToken(token);
}

export const isUnauthorized = (error: unknown): boolean =>
  error instanceof DiscordAPIError && error.status === UNAUTHORIZED;

/** A client of its own: what history costs must not hold up the connection. */
export function createDiscordHistory(options: DiscordHistoryOptions): DiscordHistory {
  const pace = createRequestPace();
  if (isDiscordItself(options.apiUrl)) pace.keep(PACED_REQUESTS_PER_SECOND);
  // Those that wait for the limit on all of them would all go on at once, and be too many again.
  const openRest = (): REST => createRest({ ...options, rejectOnRateLimit: ({ global }) => global });
  let rest = openRest();

  /** One odd 401 is an outage like any other; a token that is really gone says so again when it is asked. */
  const checkToken = async (): Promise<void> => {
    // discord.js forgets the token for good after one 401.
    rest = openRest();
    await rest.get(Routes.user()).catch((error: unknown) => {
      if (!isUnauthorized(error)) return;
      rest = openRest();
      options.onRefused(new DiscordRefusedError(TOKEN_REFUSED, { cause: error }));
    });
  };

  const get = async (
    route: `/${string}`,
    query: URLSearchParams,
    signal: AbortSignal,
  ): Promise<
    { readonly kind: 'answer'; readonly body: unknown } | { readonly kind: 'refused'; error: DiscordAPIError }
  > => {
    await pace.wait(signal);
    try {
      // A signal of its own for each request: @discordjs/rest leaves its listener on it, and a stretch has many pages.
      return { kind: 'answer', body: await rest.get(route, { query, signal: AbortSignal.any([signal]) }) };
    } catch (error) {
      if (error instanceof RateLimitError) {
        pace.keep(PACED_REQUESTS_PER_SECOND);
        pace.pause(error.timeToReset);
        return get(route, query, signal);
      }
      if (!(error instanceof DiscordAPIError)) throw error;
      if (!isUnauthorized(error)) return { kind: 'refused', error };
      await checkToken();
      throw error;
    }
  };

  return {
    async messages(channelId, range, signal) {
      const query = new URLSearchParams({ ...range, limit: String(MAX_HISTORY_PAGE) });
      const answer = await get(Routes.channelMessages(channelId), query, signal);
      if (answer.kind === 'refused') return { kind: 'refused', status: answer.error.status };
      return { kind: 'page', messages: answer.body };
    },
    async hasMessage(channelId, messageId, signal) {
      const answer = await get(Routes.channelMessage(channelId, messageId), new URLSearchParams(), signal);
      if (answer.kind === 'answer') return true;
      return answer.error.code === UNKNOWN_MESSAGE ? false : null;
    },
    async hasChannel(channelId, signal) {
      const answer = await get(Routes.channel(channelId), new URLSearchParams(), signal);
      if (answer.kind === 'answer') return true;
      return answer.error.code === UNKNOWN_CHANNEL ? false : null;
    },
    async archivedThreads(channelId, kind, before, signal) {
      const route =
        kind === 'joined' ? Routes.channelJoinedArchivedThreads(channelId) : Routes.channelThreads(channelId, kind);
      const query = new URLSearchParams({ limit: String(MAX_HISTORY_PAGE), ...(before !== null && { before }) });
      const answer = await get(route, query, signal);
      if (answer.kind === 'refused') return { kind: 'refused', status: answer.error.status };
      const { body } = answer;
      const isPage = typeof body === 'object' && body !== null;
      return {
        kind: 'page',
        threads: isPage && 'threads' in body ? body.threads : [],
        hasMore: isPage && 'has_more' in body && body.has_more === true,
      };
    },
  };
}
