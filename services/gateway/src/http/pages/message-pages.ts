import type { PageCache } from '@dms/broker';
import type { MessagePageText, MessageQuery, MessageStore } from '@dms/event-log';
import { formatPosition, type Position, parsePosition } from '@dms/protocol';
import { pageTag, queryDigest, taggedPositions } from './page-tag.ts';
import type { ScopeClock } from './scope-clock.ts';

export interface ServedPage extends Omit<MessagePageText, 'json'> {
  readonly etag: string;
  /** `{"messages":…,"has_more":…,"position":…}`. UTF-8 where it is going to be repeated; else text, which the socket encodes. */
  readonly body: Buffer | string;
  /** The messages alone: a part of `body`. */
  readonly list: Buffer | string;
}

export type PageAnswer =
  | { readonly kind: 'page'; readonly page: ServedPage }
  /** What the client has is still what there is. */
  | { readonly kind: 'unchanged'; readonly etag: string };

/** Pages of messages. A page is repeated, or called unchanged, only while nothing has happened in its channels or guilds since the
 *  moment it is of, as far as this replica has read the log: at most a tick behind it (I7). */
export interface MessagePages {
  /** `ifNoneMatch` is the header of that name. Rejects as `MessageStore` does. */
  read(query: MessageQuery, ifNoneMatch: string | undefined): Promise<PageAnswer>;
  /** Content was deleted: what is held in memory is dropped. */
  purged(): void;
}

/** Of newest pages, about half of what they take in memory. Beyond it the one that was longest not asked for leaves (I9). */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;
/** In the shared cache. */
const KEEP_MS = 30_000;

export interface MessagePagesDeps {
  readonly log: Pick<MessageStore, 'messagesText'>;
  readonly clock: ScopeClock;
  readonly cache: PageCache;
}

const BODY_START = '{"messages":';

function serveOnce(digest: string, { json: list, ...page }: MessagePageText): ServedPage {
  const end = `,"has_more":${page.hasMore},"position":"${formatPosition(page.position)}"}`;
  return { ...page, etag: pageTag(digest, page.position), body: BODY_START + list + end, list };
}

function serveAgain(digest: string, page: MessagePageText): ServedPage {
  const once = serveOnce(digest, page);
  const body = Buffer.from(once.body);
  return { ...once, body, list: body.subarray(BODY_START.length, BODY_START.length + Buffer.byteLength(page.json)) };
}

const encode = ({ position, hasMore, newestId, oldestId, list }: ServedPage): string =>
  [formatPosition(position), hasMore, newestId ?? '', oldestId ?? '', list.toString()].join('\n');

/** Null for anything but what `encode` writes: others may write to the same Redis. */
function decode(text: string): MessagePageText | null {
  const [place = '', more, newestId, oldestId, ...lines] = text.split('\n');
  const json = lines.join('\n');
  const position = parsePosition(place);
  if (position === null || !json.startsWith('[') || !json.endsWith(']')) return null;
  return { position, hasMore: more === 'true', newestId: newestId || null, oldestId: oldestId || null, json };
}

export function createMessagePages({ log, clock, cache }: MessagePagesDeps): MessagePages {
  const kept = new Map<string, ServedPage>();
  const reading = new Map<string, Promise<ServedPage>>();
  let keptBytes = 0;

  const drop = (digest: string): void => {
    keptBytes -= kept.get(digest)?.body.length ?? 0;
    kept.delete(digest);
  };

  const keep = (digest: string, page: ServedPage): void => {
    drop(digest);
    kept.set(digest, page);
    keptBytes += page.body.length;
    for (const oldest of kept.keys()) {
      if (keptBytes <= MAX_KEPT_BYTES) break;
      drop(oldest);
    }
  };

  /** Whether what was true at `position` is true now. */
  const isCurrent = (query: MessageQuery, position: Position): boolean => {
    const changed = clock.lastChange(query);
    return changed !== null && changed.seq <= position.seq && clock.isOnLog(position);
  };

  /** From the cache of all replicas, else from the log. */
  const readNewest = async (digest: string, query: MessageQuery): Promise<ServedPage> => {
    const keyOf = (changed: Position): string => `${digest}:${formatPosition(changed)}`;
    const before = clock.lastChange(query);
    const shared = before === null ? null : decode((await cache.get(keyOf(before))) ?? '');
    const found = shared !== null && isCurrent(query, shared.position) ? serveAgain(digest, shared) : null;
    const page = found ?? serveAgain(digest, await log.messagesText(query));
    // A page of a moment that this replica has not read up to may hold events that it cannot tell of yet.
    const changed = clock.lastChange(query);
    if (changed === null || !isCurrent(query, page.position)) return page;
    keep(digest, page);
    if (found === null) cache.set(keyOf(changed), encode(page), KEEP_MS);
    return page;
  };

  const newest = async (digest: string, query: MessageQuery): Promise<ServedPage> => {
    const held = kept.get(digest);
    if (held !== undefined && isCurrent(query, held.position)) {
      // The order of the map is the order in which they were last asked for.
      kept.delete(digest);
      kept.set(digest, held);
      return held;
    }
    const changed = clock.lastChange(query);
    const begun = reading.get(digest);
    if (begun !== undefined) {
      const page = await begun;
      // It may have begun before what this caller already knows of.
      if (changed !== null && page.position.seq >= changed.seq) return page;
    }
    const read = readNewest(digest, query).finally(() => {
      if (reading.get(digest) === read) reading.delete(digest);
    });
    reading.set(digest, read);
    return read;
  };

  return {
    async read(query, ifNoneMatch) {
      const digest = queryDigest(query);
      const known = taggedPositions(ifNoneMatch, digest).find((position) => isCurrent(query, position));
      if (known !== undefined) return { kind: 'unchanged', etag: pageTag(digest, known) };
      const isNewest = query.cursor.kind === 'newest' && query.search === null;
      const page = isNewest ? await newest(digest, query) : serveOnce(digest, await log.messagesText(query));
      return { kind: 'page', page };
    },
    purged() {
      kept.clear();
      keptBytes = 0;
    },
  };
}
