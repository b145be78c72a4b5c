/** A seeded stream of chance: the same seed gives the same numbers on every machine. Not for secrets. */
export interface Random {
  /** A number in [0, 1). */
  readonly next: () => number;
  /** An integer in [0, below). */
  readonly integer: (below: number) => number;
  /** True with the given probability (0–1). */
  readonly chance: (probability: number) => boolean;
  /** One of `items`. @throws RangeError when `items` is empty. */
  readonly pick: <Item>(items: readonly Item[]) => Item;
  /** A new array with the items in chance order. */
  readonly shuffle: <Item>(items: readonly Item[]) => Item[];
}

/** Mulberry32: 32 bits of state are plenty for a demonstration's dice. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (below: number): number => Math.floor(next() * below);
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (items) => {
      for (const item of items.slice(integer(items.length))) return item;
      throw new RangeError('nothing to pick from');
    },
    shuffle: (items) =>
      items
        .map((item) => ({ item, rank: next() }))
        .sort((left, right) => left.rank - right.rank)
        .map(({ item }) => item),
  };
}
