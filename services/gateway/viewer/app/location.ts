import { EVERYTHING, filterParameters, type ViewFilter } from '../model/message.ts';

/** What the address asks to show. */
export function readLocation(search: string): { readonly filter: ViewFilter; readonly around: string | null } {
  const asked = new URLSearchParams(search);
  const filter = {
    ...EVERYTHING,
    guildId: asked.get('guild_id'),
    channelId: asked.get('channel_id'),
    authorId: asked.get('author_id'),
  };
  return { filter, around: asked.get('around') };
}

export function writeLocation(filter: ViewFilter, around: string | null): string {
  const parameters = filterParameters(filter);
  if (around !== null) parameters.set('around', around);
  const query = parameters.toString();
  return query === '' ? '/' : `/?${query}`;
}
