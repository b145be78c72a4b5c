import { formatPosition, type Position } from './position.ts';

/** Everything a log entry can say, in Discord's words where Discord has one. New types may appear; readers ignore those. */
export const EVENT_TYPES = [
  'MESSAGE_CREATE',
  'MESSAGE_UPDATE',
  'MESSAGE_DELETE',
  'MESSAGE_REACTION_ADD',
  'MESSAGE_REACTION_REMOVE',
  'MESSAGE_REACTION_REMOVE_ALL',
  'MESSAGE_REACTION_REMOVE_EMOJI',
  'MESSAGE_POLL_VOTE_ADD',
  'MESSAGE_POLL_VOTE_REMOVE',
  'CHANNEL_PINS_UPDATE',
  'CHANNEL_CREATE',
  'CHANNEL_UPDATE',
  'CHANNEL_DELETE',
  'THREAD_CREATE',
  'THREAD_UPDATE',
  'THREAD_DELETE',
  'GUILD_UPDATE',
  'GUILD_DELETE',
  'GAP_OPEN',
  'GAP_CLOSE',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** How we learned of it: while connected, replayed by Discord, fetched (after a gap, or older history), found by comparing, or taken
 *  from elsewhere (reserved). */
export const ORIGINS = ['live', 'resume', 'backfill', 'reconcile', 'import'] as const;
export type Origin = (typeof ORIGINS)[number];

/** What filters look at. `parentId` is the channel a thread belongs to; a delete has no `authorId`. */
export interface EventRoute {
  readonly type: string;
  readonly guildId: string | null;
  readonly channelId: string | null;
  readonly parentId: string | null;
  readonly authorId: string | null;
  readonly messageId: string | null;
}

/** One entry of the log. `payload` is the JSON text of the frame's `d`, forwarded verbatim and never parsed on the way. */
export interface LogEvent extends EventRoute, Position {
  readonly payload: string;
}

/** The DISPATCH frame of an event: `{"op":0,"t":…,"s":seq,"p":"term:seq","d":payload}`. `p` is the position after it. */
export function dispatchFrame(event: LogEvent): string {
  return `{"op":0,"t":"${event.type}","s":${event.seq},"p":"${formatPosition(event)}","d":${event.payload}}`;
}

/** What is left of an event's payload once its message was deleted: the ids, so that every reader can drop what it holds.
 *  The same text stands in the log and in every gateway's memory, so a replay reads the same wherever it comes from. */
export function purgedPayload(route: EventRoute, origin: string): string {
  const { messageId, channelId, guildId } = route;
  return JSON.stringify({ id: messageId, channel_id: channelId, guild_id: guildId, purged: true, origin });
}
