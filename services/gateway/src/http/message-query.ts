import type { MessageCursor, MessageQuery, MessageScope } from '@dms/event-log';
import { createFilter, type FilterInput, type Parsed } from '@dms/protocol';
import type { z } from 'zod';
import { type CursorKind, channelMessagesQuerySchema, messagesQuerySchema, parseParameters } from './query-schemas.ts';

type Pairs = Iterable<readonly [string, string]>;
type Within = readonly string[] | null;
type PageParameters = z.output<typeof channelMessagesQuerySchema>;

/** Which messages, wherever in history: the filters, narrowed to what the caller's key may see. */
export function toScope(input: FilterInput, withinChannels: Within): Omit<MessageScope, 'withThreads'> {
  const filter = createFilter(
    { guild_id: input.guild_id, channel_id: input.channel_id, author_id: input.author_id },
    withinChannels,
  );
  return {
    guildIds: [...filter.guildIds],
    channelIds: [...filter.channelIds],
    authorIds: [...filter.authorIds],
    withinChannels: filter.withinChannels === null ? null : [...filter.withinChannels],
  };
}

function toCursor({ before, after, around }: PageParameters): Parsed<MessageCursor> {
  const places: readonly (readonly [CursorKind, string | undefined])[] = [
    ['before', before],
    ['after', after],
    ['around', around],
  ];
  const [first, second] = places.flatMap(([kind, id]) => (id === undefined ? [] : [{ kind, id }]));
  if (first === undefined) return { ok: true, value: { kind: 'newest' } };
  if (second === undefined) return { ok: true, value: first };
  return { ok: false, problems: [{ parameter: second.kind, detail: `cannot be combined with ${first.kind}` }] };
}

function toQuery(
  parameters: PageParameters,
  scope: Omit<MessageScope, 'withThreads'>,
  withThreads: boolean,
): Parsed<MessageQuery> {
  const cursor = toCursor(parameters);
  if (!cursor.ok) return cursor;
  const { limit, include_deleted: includeDeleted, q: search = null } = parameters;
  return { ok: true, value: { ...scope, withThreads, cursor: cursor.value, limit, includeDeleted, search } };
}

/** The query of `/messages`. `withinChannels` comes from the caller's key. Names every wrong parameter. */
export function parseMessageQuery(pairs: Pairs, withinChannels: Within): Parsed<MessageQuery> {
  const parsed = parseParameters(pairs, messagesQuerySchema);
  return parsed.ok ? toQuery(parsed.value, toScope(parsed.value, withinChannels), true) : parsed;
}

/** The query of `/channels/{id}/messages`: the same without `channel_id`, and as on Discord without the channel's threads. */
export function parseChannelMessageQuery(
  pairs: Pairs,
  channelId: string,
  withinChannels: Within,
): Parsed<MessageQuery> {
  const parsed = parseParameters(pairs, channelMessagesQuerySchema);
  if (!parsed.ok) return parsed;
  return toQuery(parsed.value, toScope({ ...parsed.value, channel_id: [channelId] }, withinChannels), false);
}
