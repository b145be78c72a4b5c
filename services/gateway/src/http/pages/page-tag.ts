import { createHash } from 'node:crypto';
import type { MessageQuery } from '@dms/event-log';
import { formatPosition, type Position, parsePosition } from '@dms/protocol';

const digests = new WeakMap<MessageQuery, string>();

/** What a page answers, whatever the caller wrote: equal for equal questions, channels of the key included. */
export function queryDigest(query: MessageQuery): string {
  const known = digests.get(query);
  if (known !== undefined) return known;
  const digest = computeDigest(query);
  digests.set(query, digest);
  return digest;
}

function computeDigest(query: MessageQuery): string {
  const { guildIds, channelIds, withThreads, authorIds, withinChannels, cursor, limit, includeDeleted, search } = query;
  const parts = [guildIds, channelIds, withThreads, authorIds, withinChannels, cursor, limit, includeDeleted, search];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}

/** The entity tag of a page says of which moment of the log it is. Weak, because of one moment there are several spellings. */
export const pageTag = (digest: string, position: Position): string => `W/"${formatPosition(position)}.${digest}"`;

/** The positions of the pages that a client says it has of this very query. */
export function taggedPositions(ifNoneMatch: string | undefined, digest: string): readonly Position[] {
  const tags = (ifNoneMatch ?? '').matchAll(/"([\d:]{3,40})\.([\w-]{22})"/g);
  return [...tags].flatMap(([, text = '', named]) => {
    const position = named === digest ? parsePosition(text) : null;
    return position === null ? [] : [position];
  });
}
