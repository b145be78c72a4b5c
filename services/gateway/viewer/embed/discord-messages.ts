import { createApi } from '../connection/api.ts';
import { createLiveSession, type LiveSession, type SessionState } from '../connection/live-session.ts';
import { create } from '../dom.ts';
import type { Names } from '../markdown/render-markdown.ts';
import type { ViewFilter } from '../model/message.ts';
import { createRowList } from '../rows/row-list.ts';

/** The bundler puts the text of `styles/embed.css` here. */
declare const EMBED_CSS: string;

const DEFAULT_LIMIT = 30;
const MAX_LIMIT = 200;
const AT_END_PX = 60;

const STATE_WORDS: Readonly<Record<SessionState['kind'], string>> = {
  loading: 'Loading …',
  connecting: 'Connecting …',
  live: '',
  waiting: 'Connection lost. Trying again …',
  'key-needed': 'This server wants a key.',
  stopped: 'These messages cannot be shown.',
};

const NO_NAMES: Names = { user: () => null, channel: () => null, role: () => null };

/**
 * Defines `<discord-messages channel-id="…">`: the newest messages of a channel, a guild or an author, live.
 *
 * Attributes: `server` (origin; default where the script came from), `channel-id`, `guild-id`, `author-id`, `limit` (rows, default
 * 30, at most 200), `key` (anybody can read it: give it the scope `read` and its channels, nothing else). State as attribute
 * `state` and as event `statechange` with `detail.state` and `detail.reason`.
 */
export function defineDiscordMessages(scriptOrigin: string | null): void {
  if (customElements.get('discord-messages') !== undefined) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(EMBED_CSS);

  class DiscordMessages extends HTMLElement {
    static readonly observedAttributes = ['server', 'channel-id', 'guild-id', 'author-id', 'limit', 'key'];
    readonly #list = create('ol', 'messages');
    readonly #rows = createRowList(this.#list, NO_NAMES);
    readonly #status = create('p', 'status');
    readonly #scroller = create('div', 'scroller', this.#list);
    #session: LiveSession | null = null;
    #isScheduled = false;

    constructor() {
      super();
      const root = this.attachShadow({ mode: 'open' });
      root.adoptedStyleSheets = [sheet];
      this.#scroller.tabIndex = 0;
      this.#scroller.setAttribute('role', 'log');
      this.#scroller.setAttribute('aria-label', 'Messages from Discord');
      this.#scroller.setAttribute('aria-live', 'off');
      this.#scroller.setAttribute('part', 'messages');
      this.#status.setAttribute('role', 'status');
      this.#status.setAttribute('part', 'status');
      root.append(this.#scroller, this.#status);
    }

    connectedCallback(): void {
      this.#open();
    }

    disconnectedCallback(): void {
      this.#session?.close();
      this.#session = null;
    }

    attributeChangedCallback(): void {
      if (this.#session !== null) this.#open();
    }

    #open(): void {
      this.#session?.close();
      const origin = this.#origin();
      if (origin === null) return this.#show({ kind: 'stopped', detail: 'The attribute "server" must be an address.' });
      const filter: ViewFilter = {
        guildId: this.getAttribute('guild-id'),
        channelId: this.getAttribute('channel-id'),
        authorId: this.getAttribute('author-id'),
      };
      const session: LiveSession = createLiveSession({
        api: createApi(origin, this.getAttribute('key')),
        streamFilter: filter,
        WebSocket: globalThis.WebSocket,
        listener: {
          state: (state) => {
            if (this.#session === session) this.#show(state);
          },
          event: () => session.timeline.trim('older', this.#limit()),
          changed: () => this.#schedule(),
        },
      });
      this.#session = session;
      void session.show(filter);
    }

    #origin(): string | null {
      const asked = this.getAttribute('server') ?? scriptOrigin;
      try {
        return asked === null ? null : new URL(asked, location.href).origin;
      } catch {
        return null;
      }
    }

    #limit(): number {
      const asked = Math.floor(Number(this.getAttribute('limit') ?? DEFAULT_LIMIT));
      return asked >= 1 ? Math.min(asked, MAX_LIMIT) : DEFAULT_LIMIT;
    }

    #show(state: SessionState): void {
      const reason = 'detail' in state ? state.detail : '';
      if (this.getAttribute('state') === state.kind && this.#status.title === reason) return;
      this.setAttribute('state', state.kind);
      this.#status.textContent = STATE_WORDS[state.kind];
      this.#status.title = reason;
      const detail = { state: state.kind, reason };
      this.dispatchEvent(new CustomEvent('statechange', { detail }));
    }

    #schedule(): void {
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      requestAnimationFrame(() => {
        this.#isScheduled = false;
        this.#render();
      });
    }

    #render(): void {
      if (this.#session === null) return;
      const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
      const isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END_PX;
      const entries = this.#session.timeline.entries.slice(-this.#limit());
      this.#rows.show(entries, !this.hasAttribute('channel-id'));
      if (isAtEnd) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    }
  }

  customElements.define('discord-messages', DiscordMessages);
}
