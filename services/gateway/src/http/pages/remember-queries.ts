/** Different requests whose meaning is kept; beyond it all are forgotten (I9). */
const MAX_REMEMBERED = 1_000;
/** Longer ones are rare, and would take more memory than they save time. */
const MAX_URL_CHARACTERS = 512;

type Parse<T> = (url: string, withinChannels: readonly string[] | null) => T;

/** Parses each request once, since most readers ask the same: parsing costs a fifth of answering from memory. `parse` is pure, and
 *  what it throws is not remembered. */
export function rememberQueries<T>(parse: Parse<T>): Parse<T> {
  const known = new Map<string, T>();
  return (url, withinChannels) => {
    const name = withinChannels === null ? url : `${withinChannels.join()} ${url}`;
    const found = known.get(name);
    if (found !== undefined) return found;
    const parsed = parse(url, withinChannels);
    if (known.size >= MAX_REMEMBERED) known.clear();
    if (name.length <= MAX_URL_CHARACTERS) known.set(name, parsed);
    return parsed;
  };
}
