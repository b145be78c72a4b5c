import { z } from 'zod';
import { EVENT_TYPES, type EventRoute } from './events.ts';
import { MAX_IDS_PER_PARAMETER, MAX_TYPES_PER_FILTER } from './limits.ts';
import { compareSnowflakes, isSnowflake } from './snowflake.ts';

const idList = z
  .array(z.string().refine(isSnowflake, 'must be a Discord id'))
  .min(1, 'must not be empty')
  .max(MAX_IDS_PER_PARAMETER, `takes at most ${MAX_IDS_PER_PARAMETER} ids`);

/** The filter grammar of every door: AND between parameters, OR inside one, absent = all. Unknown parameters are refused. */
export const filterSchema = z.strictObject({
  guild_id: idList.optional(),
  /** A channel also selects its threads. */
  channel_id: idList.optional(),
  author_id: idList.optional(),
  types: z
    .array(z.enum(EVENT_TYPES))
    .min(1, 'must not be empty')
    .max(MAX_TYPES_PER_FILTER, `takes at most ${MAX_TYPES_PER_FILTER} types`)
    .optional(),
});
export type FilterInput = z.infer<typeof filterSchema>;

/** A filter ready for matching: sorted, without repeats, so that equal filters have equal `key`s and share their work.
 *  An empty set means "all". `withinChannels` is what an API key may ever see; null = everything. */
export interface Filter {
  readonly key: string;
  readonly guildIds: ReadonlySet<string>;
  readonly channelIds: ReadonlySet<string>;
  readonly authorIds: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
  readonly withinChannels: ReadonlySet<string> | null;
}

const sortedIds = (ids: readonly string[] = []): string[] => [...new Set(ids)].sort(compareSnowflakes);

/** `withinChannels` comes from the key that opened the door and narrows whatever the client asks for. */
export function createFilter(input: FilterInput, withinChannels: readonly string[] | null = null): Filter {
  const guildIds = sortedIds(input.guild_id);
  const channelIds = sortedIds(input.channel_id);
  const authorIds = sortedIds(input.author_id);
  const types = [...new Set(input.types ?? [])].sort();
  const within = withinChannels === null ? null : sortedIds(withinChannels);
  return {
    key: JSON.stringify([guildIds, channelIds, authorIds, types, within]),
    guildIds: new Set(guildIds),
    channelIds: new Set(channelIds),
    authorIds: new Set(authorIds),
    types: new Set(types),
    withinChannels: within === null ? null : new Set(within),
  };
}

/** The filter as the client may send it again, canonical order. */
export function describeFilter(filter: Filter): FilterInput {
  return filterSchema.parse({
    ...(filter.guildIds.size > 0 && { guild_id: [...filter.guildIds] }),
    ...(filter.channelIds.size > 0 && { channel_id: [...filter.channelIds] }),
    ...(filter.authorIds.size > 0 && { author_id: [...filter.authorIds] }),
    ...(filter.types.size > 0 && { types: [...filter.types] }),
  });
}

const isInChannels = (ids: ReadonlySet<string>, route: EventRoute): boolean =>
  (route.channelId !== null && ids.has(route.channelId)) || (route.parentId !== null && ids.has(route.parentId));

/** A delete carries only ids, so it passes author filters: whoever saw the message must hear that it is gone. */
export function matchesFilter(filter: Filter, route: EventRoute): boolean {
  if (filter.types.size > 0 && !filter.types.has(route.type)) return false;
  if (filter.guildIds.size > 0 && (route.guildId === null || !filter.guildIds.has(route.guildId))) return false;
  if (filter.channelIds.size > 0 && !isInChannels(filter.channelIds, route)) return false;
  if (filter.withinChannels !== null && !isInChannels(filter.withinChannels, route)) return false;
  if (filter.authorIds.size === 0 || route.type === 'MESSAGE_DELETE') return true;
  return route.authorId !== null && filter.authorIds.has(route.authorId);
}
