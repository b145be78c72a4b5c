import { type FilterInput, parseStreamQuery } from '@dms/protocol';
import { TEXT } from './arguments.ts';
import { UsageError } from './usage-error.ts';

export const FILTER_FLAGS = { channel: TEXT, guild: TEXT, author: TEXT } as const;

interface FilterValues {
  readonly channel?: string | undefined;
  readonly guild?: string | undefined;
  readonly author?: string | undefined;
  readonly types?: string | undefined;
  readonly since?: string | undefined;
}

/** The flag that sets each parameter of the stream, for sentences about what is wrong with it. */
const FLAG_OF: Readonly<Record<string, string>> = {
  channel_id: '--channel',
  guild_id: '--guild',
  author_id: '--author',
  types: '--types',
  since: '--since',
};

/** Checks filter and start before anybody is asked. @throws UsageError that names every wrong flag. */
export function readFilter({ channel, guild, author, types, since }: FilterValues): FilterInput {
  const parameters = { channel_id: channel, guild_id: guild, author_id: author, types, since };
  const given = Object.entries(parameters).flatMap(([name, value]): (readonly [string, string])[] =>
    value === undefined ? [] : [[name, value]],
  );
  const query = parseStreamQuery(given, Date.now());
  if (query.ok) return query.value.filter;
  throw new UsageError(query.problems.map(({ parameter, detail }) => `${FLAG_OF[parameter]} ${detail}`).join('; '));
}
