import {
  backoffMs,
  createStreamClient,
  type StreamClient,
  type StreamEvent,
  type WebSocketConstructor,
} from '@dms/client';
import { createJournal } from '../model/journal.ts';
import { filterParameters, matchesView, type ViewFilter } from '../model/message.ts';
import { createTimeline, type Ends, type Timeline } from '../model/timeline.ts';
import { type Api, ApiError, type MessagesPage, seqOf } from './api.ts';

export type SessionState =
  | { readonly kind: 'loading' | 'connecting' | 'live' }
  | { readonly kind: 'waiting'; readonly detail: string; readonly retryInMs: number }
  /** Only a person can help: with a key, or by changing what is asked. */
  | { readonly kind: 'key-needed' | 'stopped'; readonly detail: string };

export interface SessionListener {
  state(state: SessionState): void;
  /** Each event of the stream once, in order, after the timeline has it. */
  event(event: StreamEvent): void;
  /** The timeline holds something else than before. */
  changed(): void;
  /** The stream begins, or begins anew, after `position`. */
  restarted?(position: string): void;
}

export interface SessionOptions {
  readonly api: Api;
  /** What is asked of the stream; the timeline may show less. */
  readonly streamFilter: ViewFilter;
  readonly WebSocket: WebSocketConstructor;
  readonly listener: SessionListener;
}

/** The newest history of a view and the stream from exactly there, across reconnects and resets. */
export interface LiveSession {
  readonly timeline: Timeline;
  /** Where the stream has come to; null before it began. */
  readonly position: string | null;
  /** Shows other messages: the newest, or those around a message id or RFC 3339 time. Tries until it is done or superseded. */
  show(filter: ViewFilter, around?: string): Promise<void>;
  /** Adds a page at an open end. One at a time; more calls do nothing. @throws ApiError */
  extend(end: 'older' | 'newer'): Promise<void>;
  close(): void;
}

const PAGE_MESSAGES = 50;
const STALE_PAGE_WAIT_MS = 250;
const BAD_KEY = 4504;
/** A key travels as a WebSocket subprotocol, and these are the characters that one may have (RFC 7230, token). */
const SENDABLE_KEY = /^[!#$%&'*+\-.^_`|~\w]+$/;
const UNSENDABLE = 'A browser cannot send this key: it has characters that no WebSocket subprotocol may have.';
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 404]);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function createLiveSession({ api, streamFilter, WebSocket, listener }: SessionOptions): LiveSession {
  const timeline = createTimeline();
  const journal = createJournal();
  let stream: StreamClient | null = null;
  let view: { readonly filter: ViewFilter; readonly isCurrent: () => boolean } = {
    filter: streamFilter,
    isCurrent: () => false,
  };
  let shows = 0;
  let isExtending = false;
  let isClosed = false;

  const parametersOf = (filter: ViewFilter, place: Readonly<Record<string, string>>): URLSearchParams => {
    const parameters = filterParameters(filter);
    for (const [name, value] of Object.entries({ ...place, limit: String(PAGE_MESSAGES) })) parameters.set(name, value);
    return parameters;
  };

  /** A page that the journal continues. One from a replica that lags behind this stream is asked for again. */
  const fetchPage = async (filter: ViewFilter, place: Readonly<Record<string, string>>): Promise<MessagesPage> => {
    for (;;) {
      const page = await api.messages(parametersOf(filter, place));
      if (seqOf(page.position) >= journal.start || isClosed) return page;
      await sleep(STALE_PAGE_WAIT_MS);
    }
  };

  const merge = (page: MessagesPage, ends: Partial<Ends>): void => {
    const asOf = seqOf(page.position);
    timeline.merge({ messages: page.messages, asOf }, ends, journal.after(asOf));
    listener.changed();
  };

  /** Null when trying again cannot help, or nobody waits for it any more. */
  const insist = async <Value>(work: () => Promise<Value>, isWanted: () => boolean): Promise<Value | null> => {
    for (let failures = 0; isWanted(); failures += 1) {
      try {
        return await work();
      } catch (error) {
        const { status, message, retryAfterMs } = error instanceof ApiError ? error : new ApiError(0, String(error));
        if (!isWanted()) return null;
        if (status === 401) listener.state({ kind: 'key-needed', detail: api.key === null ? '' : message });
        else if (REFUSALS.has(status)) listener.state({ kind: 'stopped', detail: message });
        if (status === 401 || REFUSALS.has(status)) return null;
        const retryInMs = Math.max(retryAfterMs, 250 + backoffMs(failures, Math.random()));
        listener.state({ kind: 'waiting', detail: message, retryInMs });
        await sleep(retryInMs);
      }
    }
    return null;
  };

  const restart = (position: string): void => {
    journal.restart(seqOf(position));
    listener.restarted?.(position);
  };

  const follow = (position: string): void => {
    restart(position);
    const { guildId, channelId, authorId } = streamFilter;
    const opened = createStreamClient({
      url: `${api.origin.replace(/^http/, 'ws')}/ws`,
      since: position,
      filter: {
        ...(guildId !== null && { guild_id: [guildId] }),
        ...(channelId !== null && { channel_id: [channelId] }),
        ...(authorId !== null && { author_id: [authorId] }),
      },
      ...(api.key !== null && { key: api.key }),
      WebSocket,
    });
    stream = opened;
    opened.on('status', (status) => {
      if (status.state === 'open') listener.state({ kind: 'live' });
      if (status.state === 'connecting') listener.state({ kind: 'connecting' });
      if (status.state === 'waiting') {
        listener.state({ kind: 'waiting', detail: status.reason, retryInMs: status.retryInMs });
      }
    });
    // What lies between is not in the stream. Events wait until the history is here anew.
    opened.on('reset', async (reset) => {
      restart(reset.position);
      await show(view.filter);
      if (!isClosed) listener.state({ kind: 'live' });
    });
    opened.on('event', (event) => {
      journal.add(event);
      if (timeline.apply(event)) listener.changed();
      listener.event(event);
    });
    void opened.closed.then((end) => {
      if (isClosed) return;
      if (end.kind === 'refused') {
        listener.state({ kind: end.code === BAD_KEY ? 'key-needed' : 'stopped', detail: end.reason });
      }
      if (end.kind === 'failed') listener.state({ kind: 'stopped', detail: String(end.error) });
    });
  };

  const show = async (filter: ViewFilter, around?: string): Promise<void> => {
    shows += 1;
    const mine = shows;
    const isCurrent = (): boolean => !isClosed && mine === shows;
    view = { filter, isCurrent };
    if (api.key !== null && !SENDABLE_KEY.test(api.key)) {
      return listener.state({ kind: 'key-needed', detail: UNSENDABLE });
    }
    timeline.reset((message) => matchesView(filter, message));
    listener.changed();
    if (stream === null) listener.state({ kind: 'loading' });
    const page = await insist(() => fetchPage(filter, around === undefined ? {} : { around }), isCurrent);
    if (page === null || !isCurrent()) return;
    // Around a place, only asking tells whether there is more.
    merge(page, around === undefined ? { hasOlder: page.hasMore, hasNewer: false } : {});
    if (stream === null) follow(page.position);
  };

  return {
    timeline,
    get position() {
      return stream?.position ?? null;
    },
    show,
    async extend(end) {
      const edge = end === 'older' ? timeline.entries[0] : timeline.entries.at(-1);
      const isOpen = end === 'older' ? timeline.hasOlder : timeline.hasNewer;
      if (isExtending || edge === undefined || !isOpen) return;
      isExtending = true;
      const { filter, isCurrent } = view;
      try {
        const page = await fetchPage(filter, end === 'older' ? { before: edge.id } : { after: edge.id });
        const now = end === 'older' ? timeline.entries[0] : timeline.entries.at(-1);
        // The end may have been trimmed meanwhile; then the page does not join on.
        if (!isCurrent() || now?.id !== edge.id) return;
        merge(page, end === 'older' ? { hasOlder: page.hasMore } : { hasNewer: page.hasMore });
      } finally {
        isExtending = false;
      }
    },
    close() {
      isClosed = true;
      stream?.close();
    },
  };
}
