import type { StreamEvent } from '@dms/client';
import { type Api, ApiError, seqOf } from '../connection/api.ts';
import { createLiveSession, type LiveSession, type SessionState } from '../connection/live-session.ts';
import type { Tap } from '../connection/tap.ts';
import { find } from '../dom.ts';
import type { Names } from '../markdown/render-markdown.ts';
import type { Directory } from '../model/directory.ts';
import { EVERYTHING, isMessage, matchesView, type ViewFilter } from '../model/message.ts';
import { createAnnouncer } from './announcer.ts';
import type { StreamCounter } from './counters.ts';
import { createMessageList, type MessageList } from './message-list.ts';
import type { Sidebar } from './sidebar.ts';

export interface ViewerOptions {
  readonly api: Api;
  readonly tap: Tap;
  readonly directory: Directory;
  readonly names: Names;
  readonly sidebar: Sidebar;
  readonly counter: StreamCounter;
  readonly filter: () => ViewFilter;
  readonly onState: (state: SessionState) => void;
  readonly onNotice: (text: string) => void;
}

/** The messages in the middle, from one server with one key, until closed. */
export interface Viewer {
  /** Shows the newest of a view, or what is around a message id or time; `reveal` names the message to point at. */
  show(filter: ViewFilter, around: string | null): void;
  close(): void;
}

export function createViewer(options: ViewerOptions): Viewer {
  const { api, directory, names, sidebar, counter, filter } = options;
  const scroller = find('scroller', HTMLElement);
  const newest = find('newest', HTMLButtonElement);
  const beginning = find('beginning', HTMLElement);
  const empty = find('empty', HTMLElement);
  const announce = createAnnouncer(find('announcer', HTMLElement));
  let unseen = 0;

  const showNewestButton = (): void => {
    newest.hidden = list.isFollowing || session.timeline.entries.length === 0;
    newest.textContent = unseen === 0 ? 'Newest messages ↓' : `${unseen.toLocaleString()} new ↓`;
  };

  const hear = (event: StreamEvent): void => {
    counter.count(event.s);
    if (directory.apply(event.t, event.d)) sidebar.show(filter());
    if (event.t !== 'MESSAGE_CREATE' || !isMessage(event.d)) return;
    if (!matchesView(filter(), event.d)) return sidebar.addUnread(event.d.channel_id);
    announce(event.d.display.author_name, event.d.display.text);
    list.trim();
    if (list.isFollowing) return;
    unseen += 1;
    showNewestButton();
  };

  const session: LiveSession = createLiveSession({
    api,
    // Everything: what is not shown is counted in the list of channels, and a change of channel costs one page.
    streamFilter: EVERYTHING,
    WebSocket: options.tap.WebSocket,
    listener: {
      state: options.onState,
      event: hear,
      changed() {
        const { entries, hasOlder } = session.timeline;
        beginning.hidden = hasOlder || entries.length === 0;
        empty.hidden = entries.length > 0 || hasOlder;
        list.update();
      },
      restarted: (position) => counter.startAfter(seqOf(position)),
    },
  });

  const list: MessageList = createMessageList({
    scroller,
    list: find('messages', HTMLOListElement),
    timeline: session.timeline,
    names,
    namesChannel: () => filter().channelId === null,
    onNearEnd(end) {
      session.extend(end).then(
        () => list.trim(end === 'older' ? 'newer' : 'older'),
        (error: unknown) => options.onNotice(error instanceof ApiError ? error.message : String(error)),
      );
    },
    onFollowing(isFollowing) {
      if (isFollowing) unseen = 0;
      showNewestButton();
    },
  });

  const show = (wanted: ViewFilter, around: string | null): void => {
    scroller.ariaBusy = 'true';
    unseen = 0;
    const isMessageId = around !== null && /^\d+$/.test(around);
    if (around === null) list.scrollToNewest();
    else list.reveal(isMessageId ? around : '');
    void session.show(wanted, around ?? undefined).then(() => {
      scroller.ariaBusy = 'false';
      showNewestButton();
    });
  };

  const backToNewest = (): void => {
    if (session.timeline.hasNewer) show(filter(), null);
    else list.scrollToNewest();
  };
  newest.onclick = backToNewest;
  scroller.onkeydown = (event) => {
    if (event.key !== 'End') return;
    event.preventDefault();
    backToNewest();
  };

  return { show, close: session.close };
}
