import type { Names } from '../markdown/render-markdown.ts';
import type { Entry } from '../model/timeline.ts';
import { createRow, placeRow } from './row.ts';

interface Row {
  readonly element: HTMLLIElement;
  readonly entry: Entry;
  readonly previous: Entry | undefined;
  readonly namesChannel: boolean;
}

/** Keeps the children of a list equal to entries; what did not change stays the very same element. */
export interface RowList {
  show(entries: readonly Entry[], namesChannel: boolean): void;
  elementOf(id: string): HTMLLIElement | undefined;
}

export function createRowList(list: HTMLElement, names: Names): RowList {
  const rows = new Map<string, Row>();

  const rowOf = (entry: Entry, previous: Entry | undefined, namesChannel: boolean): HTMLLIElement => {
    const old = rows.get(entry.id);
    if (old?.entry === entry && old.previous === previous && old.namesChannel === namesChannel) return old.element;
    const alone = { isContinued: false, startsDay: false, namesChannel };
    const place = entry.message === null ? alone : placeRow(entry.message, previous, namesChannel);
    const element = createRow(entry, place, names);
    old?.element.replaceWith(element);
    rows.set(entry.id, { element, entry, previous, namesChannel });
    return element;
  };

  return {
    show(entries, namesChannel) {
      const wanted = new Set(entries.map(({ id }) => id));
      for (const [id, { element }] of rows) {
        if (wanted.has(id)) continue;
        element.remove();
        rows.delete(id);
      }
      let cursor = list.firstElementChild;
      entries.forEach((entry, at) => {
        const isAtCursor = cursor !== null && cursor === rows.get(entry.id)?.element;
        const element = rowOf(entry, entries[at - 1], namesChannel);
        if (isAtCursor) cursor = element.nextElementSibling;
        else list.insertBefore(element, cursor);
      });
    },
    elementOf: (id) => rows.get(id)?.element,
  };
}
