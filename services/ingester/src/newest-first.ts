/** Gives back the newest of what was put in, in logarithmic time. */
export interface NewestFirst<T> {
  readonly size: number;
  put(item: T, timeMs: number): void;
  /** Of equal ones any. */
  take(): T | undefined;
}

/** A binary heap. */
export function createNewestFirst<T>(): NewestFirst<T> {
  const entries: { readonly item: T; readonly timeMs: number }[] = [];
  const timeAt = (index: number): number => entries[index]?.timeMs ?? Number.NEGATIVE_INFINITY;
  const swap = (a: number, b: number): void => {
    const [first, second] = [entries[a], entries[b]];
    if (first !== undefined && second !== undefined) [entries[a], entries[b]] = [second, first];
  };
  return {
    get size() {
      return entries.length;
    },
    put(item, timeMs) {
      let index = entries.push({ item, timeMs }) - 1;
      while (index > 0) {
        const parent = (index - 1) >> 1;
        if (timeAt(parent) >= timeAt(index)) return;
        swap(index, parent);
        index = parent;
      }
    },
    take() {
      swap(0, entries.length - 1);
      const taken = entries.pop();
      for (let index = 0; ; ) {
        const left = 2 * index + 1;
        const newer = timeAt(left + 1) > timeAt(left) ? left + 1 : left;
        if (timeAt(newer) <= timeAt(index)) return taken?.item;
        swap(index, newer);
        index = newer;
      }
    },
  };
}
