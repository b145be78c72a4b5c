import type { Names } from '../markdown/render-markdown.ts';
import type { Entry, Timeline } from '../model/timeline.ts';
import { createRowList } from '../rows/row-list.ts';

/** Rows that may stand in the page; whatever is beyond is fetched again when it is scrolled to. */
const MAX_ROWS = 400;
/** How many stay when there are more. */
const KEPT_ROWS = 250;
const AT_END_PX = 60;
const NEAR_END_PX = 800;

export interface MessageListOptions {
  /** Has a height of its own and contains `list`. */
  readonly scroller: HTMLElement;
  readonly list: HTMLElement;
  readonly timeline: Timeline;
  readonly names: Names;
  readonly namesChannel: () => boolean;
  /** The reader comes near an end beyond which there is more. Called again and again until there is. */
  readonly onNearEnd: (end: 'older' | 'newer') => void;
  readonly onFollowing: (isFollowing: boolean) => void;
}

/** A window on the timeline: few rows however long the history, kept where the reader is. */
export interface MessageList {
  /** Whether the newest message stays in view: true until the reader scrolls up. */
  readonly isFollowing: boolean;
  /** The timeline changed: shown with the next frame, however often it is called. */
  update(): void;
  /** Forgets rows when there are too many: at the end the reader is away from, or at `end`. */
  trim(end?: 'older' | 'newer'): void;
  scrollToNewest(): void;
  /** Brings a message into view as soon as it is there. */
  reveal(id: string): void;
}

export function createMessageList(options: MessageListOptions): MessageList {
  const { scroller, list, timeline, names } = options;
  const rows = createRowList(list, names);
  // Not a control, but what scrolls must be reachable by keyboard.
  scroller.tabIndex = 0;
  let isFollowing = true;
  let isScheduled = false;
  let revealed: string | null = null;

  const setFollowing = (value: boolean): void => {
    if (value === isFollowing) return;
    isFollowing = value;
    options.onFollowing(value);
  };

  /** The first row in view that will still be there, and how far it is from the top. */
  const findAnchor = (entries: readonly Entry[]): { readonly id: string; readonly top: number } | null => {
    const { top } = scroller.getBoundingClientRect();
    for (const { id } of entries) {
      const box = rows.elementOf(id)?.getBoundingClientRect();
      if (box !== undefined && box.bottom > top) return { id, top: box.top };
    }
    return null;
  };

  const askForMore = (): void => {
    if (timeline.entries.length === 0) return;
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    if (timeline.hasOlder && scroller.scrollTop < NEAR_END_PX) options.onNearEnd('older');
    if (timeline.hasNewer && below < NEAR_END_PX) options.onNearEnd('newer');
  };

  const showRevealed = (): boolean => {
    const element = revealed === null ? undefined : rows.elementOf(revealed);
    if (element === undefined) return false;
    revealed = null;
    setFollowing(false);
    element.scrollIntoView({ block: 'center' });
    element.tabIndex = -1;
    element.focus({ preventScroll: true });
    element.classList.add('revealed');
    return true;
  };

  const render = (): void => {
    isScheduled = false;
    const { entries } = timeline;
    const anchor = isFollowing ? null : findAnchor(entries);
    rows.show(entries, options.namesChannel());
    if (!showRevealed()) {
      const moved = anchor === null ? undefined : rows.elementOf(anchor.id)?.getBoundingClientRect();
      if (anchor !== null && moved !== undefined) scroller.scrollTop += moved.top - anchor.top;
      else if (isFollowing) scroller.scrollTop = scroller.scrollHeight;
    }
    askForMore();
  };

  scroller.addEventListener('scroll', () => {
    // While a view is being fetched there is nothing to scroll, and the reader did not.
    if (timeline.entries.length === 0) return;
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    setFollowing(below < AT_END_PX && !timeline.hasNewer);
    askForMore();
  });
  // Pictures arrive, windows and panels change their size.
  const observer = new ResizeObserver(() => {
    if (isFollowing) scroller.scrollTop = scroller.scrollHeight;
  });
  observer.observe(scroller);
  observer.observe(list);

  return {
    get isFollowing() {
      return isFollowing;
    },
    update() {
      if (isScheduled) return;
      isScheduled = true;
      requestAnimationFrame(render);
    },
    trim(end = isFollowing ? 'older' : 'newer') {
      if (timeline.entries.length > MAX_ROWS) timeline.trim(end, KEPT_ROWS);
    },
    scrollToNewest() {
      setFollowing(true);
      scroller.scrollTop = scroller.scrollHeight;
    },
    reveal(id) {
      revealed = id;
      setFollowing(false);
    },
  };
}
