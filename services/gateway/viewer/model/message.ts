import type { StoredMessage } from '@dms/protocol';

type Fields = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether this is a whole message. The server is trusted with its inner fields. */
export function isMessage(value: unknown): value is StoredMessage {
  return isObject(value) && typeof value.id === 'string' && isObject(value.author) && isObject(value.display);
}

/** Ids are longer than numbers can be: of two without leading zeros the longer is the newer. */
export const isOlder = (a: string, b: string): boolean => (a.length === b.length ? a < b : a.length < b.length);

/** Which messages a view shows; null = all. A channel also shows its threads. */
export interface ViewFilter {
  readonly guildId: string | null;
  readonly channelId: string | null;
  readonly authorId: string | null;
}

export const EVERYTHING: ViewFilter = { guildId: null, channelId: null, authorId: null };

export function matchesView({ guildId, channelId, authorId }: ViewFilter, message: StoredMessage): boolean {
  if (guildId !== null && message.guild_id !== guildId) return false;
  if (authorId !== null && message.author.id !== authorId) return false;
  return channelId === null || message.channel_id === channelId || message.display.parent_id === channelId;
}

/** The filter in the words of every door. */
export function filterParameters({ guildId, channelId, authorId }: ViewFilter): URLSearchParams {
  const parameters = new URLSearchParams();
  if (guildId !== null) parameters.set('guild_id', guildId);
  if (channelId !== null) parameters.set('channel_id', channelId);
  if (authorId !== null) parameters.set('author_id', authorId);
  return parameters;
}
