import type { StoredMessage } from '@dms/protocol/vocabulary';
import type { APIChannel, APIGuild } from 'discord-api-types/payloads/v10';
import { RestError } from './rest-error.ts';
import { createAsk, type RestOptions } from './rest-request.ts';
import { isObject } from './server-frame.ts';
import type { StreamFilter } from './stream-options.ts';

/** Which messages. A time is RFC 3339. */
export type MessageFilter = Omit<StreamFilter, 'types'>;

export interface PageQuery extends MessageFilter {
  /** A message id or a time; at most one of the three. */
  readonly before?: string;
  readonly after?: string;
  readonly around?: string;
  /** Words to look for, as in a search engine. */
  readonly q?: string;
  /** 1 to 100, default 50. */
  readonly limit?: number;
}

/** Where to walk from: without either from the newest to the oldest. `after`: from there to the newest, oldest first. */
export type WalkQuery = MessageFilter & Pick<PageQuery, 'before' | 'after' | 'q'>;

export interface MessagePage {
  /** Newest first, whatever was asked. */
  readonly messages: readonly StoredMessage[];
  /** In the direction of travel: newer for `after`, else older. */
  readonly has_more: boolean;
  /** Where the stream continues this page without a hole or a repeat. */
  readonly position: string;
}

/** Everything that is stored, from one moment on. */
export interface Snapshot {
  /** Where the stream goes on. It repeats changes made while the messages were read, so apply events by message id. */
  readonly position: string;
  /** Newest first, read page by page as they are taken. Once. */
  readonly messages: AsyncIterable<StoredMessage>;
}

/** What is stored, over REST. Methods reject with RestError; those that may pass have been tried again before. */
export interface RestClient {
  messagePage(query?: PageQuery): Promise<MessagePage>;
  /** Message after message, page after page. */
  messages(query?: WalkQuery): AsyncGenerator<StoredMessage, void, undefined>;
  snapshot(filter?: MessageFilter): Promise<Snapshot>;
  /** Rejects with status 404 when unknown, 410 when deleted. */
  message(id: string): Promise<StoredMessage>;
  /** The message before each edit, oldest first, and as it is now. */
  revisions(id: string): Promise<readonly StoredMessage[]>;
  channels(): Promise<readonly APIChannel[]>;
  channel(id: string): Promise<APIChannel>;
  guilds(): Promise<readonly APIGuild[]>;
  guild(id: string): Promise<APIGuild>;
  /** Any other route, e.g. `/coverage` or `/health`. */
  get(path: string): Promise<unknown>;
}

const WALK_LIMIT = 100;

/** What is in the object is the server's word, as with the payloads of the stream. */
const isAnswer = <T>(answer: unknown): answer is T => isObject(answer);

/** @throws TypeError when `url` is none. */
export function createRestClient(options: RestOptions): RestClient {
  const ask = createAsk(options);
  const get = async <T>(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<T> => {
    const answer = await ask(path, query);
    if (isAnswer<T>(answer)) return answer;
    throw new RestError(200, 'the answer is no JSON object: is this the address of the server?');
  };
  const messagePage = ({ guild_id, channel_id, author_id, limit, ...cursor }: PageQuery = {}): Promise<MessagePage> =>
    get('/messages', {
      guild_id: guild_id?.join(','),
      channel_id: channel_id?.join(','),
      author_id: author_id?.join(','),
      limit: limit?.toString(),
      ...cursor,
    });

  async function* walk(query: WalkQuery, first?: MessagePage): AsyncGenerator<StoredMessage, void, undefined> {
    const isForward = query.after !== undefined;
    let page = first ?? (await messagePage({ ...query, limit: WALK_LIMIT }));
    for (;;) {
      const messages = isForward ? [...page.messages].reverse() : page.messages;
      yield* messages;
      const last = messages.at(-1);
      if (!page.has_more || last === undefined) return;
      page = await messagePage({ ...query, [isForward ? 'after' : 'before']: last.id, limit: WALK_LIMIT });
    }
  }

  return {
    messagePage,
    messages: (query = {}) => walk(query),
    async snapshot(filter = {}) {
      const first = await messagePage({ ...filter, limit: WALK_LIMIT });
      return { position: first.position, messages: walk(filter, first) };
    },
    message: (id) => get(`/messages/${id}`),
    revisions: async (id) =>
      (await get<{ revisions: readonly StoredMessage[] }>(`/messages/${id}/revisions`)).revisions,
    channels: async () => (await get<{ channels: readonly APIChannel[] }>('/channels')).channels,
    channel: (id) => get(`/channels/${id}`),
    guilds: async () => (await get<{ guilds: readonly APIGuild[] }>('/guilds')).guilds,
    guild: (id) => get(`/guilds/${id}`),
    get,
  };
}
