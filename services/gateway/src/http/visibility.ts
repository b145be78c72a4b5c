import type { DirectoryChannel } from '@dms/event-log';
import { isSnowflake } from '@dms/protocol';
import type { GrantedKey } from '../access/keys.ts';
import { HttpProblem } from './problem.ts';

/** Discord's announcement, public and private threads. For any other channel the parent is a category, which opens nothing. */
const THREAD_TYPES: ReadonlySet<number> = new Set([10, 11, 12]);

/** Whether the key may see what lies in a channel, or in a thread of it. */
export function isVisible(key: GrantedKey, channelId: string, parentId: string | null): boolean {
  if (key.channels === null) return true;
  return key.channels.includes(channelId) || (parentId !== null && key.channels.includes(parentId));
}

/** The channel a thread belongs to; null for whatever is no thread. */
export const threadParent = ({ type, parentId }: Pick<DirectoryChannel, 'type' | 'parentId'>): string | null =>
  THREAD_TYPES.has(type) ? parentId : null;

export function isVisibleChannel(key: GrantedKey, channel: DirectoryChannel): boolean {
  return isVisible(key, channel.id, threadParent(channel));
}

/** The id in the path. Express types wildcards as lists, so does not know that it is one text. @throws HttpProblem 400 */
export function requireId(params: Readonly<Record<string, string | readonly string[] | undefined>>): string {
  const id = params.id;
  if (typeof id === 'string' && isSnowflake(id)) return id;
  throw new HttpProblem(400, 'The id in the path must be a Discord id.', {
    errors: [{ parameter: 'id', detail: 'must be a Discord id' }],
  });
}
