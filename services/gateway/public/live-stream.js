/** Keeps a reader up to date: the newest messages over REST, then the stream from exactly where that page ends, across
 *  reconnects. Knows nothing of the page; `fetch`, `WebSocket` and `random` are parameters for tests. */

const HISTORY_MESSAGES = 50;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;
/** A connection that lived this long was a good one: the next trouble starts with short waits again. */
const STABLE_MS = 5_000;
/** The server names the position every 15 s, so this much silence is a dead connection. */
const SILENCE_MS = 40_000;
const HELLO = 10;
const DISPATCH = 0;
const RECONNECT = 7;
const POSITION = 100;
const ERROR = 103;
const BAD_KEY = 4504;

/** Waits of attempt 0, 1, 2 …: doubling, half of it by chance, so that a restart does not bring everybody back at once. */
export function retryDelayMs(attempt, random = Math.random) {
  const capMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 16));
  return capMs * (0.5 + random() / 2);
}

/**
 * `origin`: `http://host`. `filter`: URLSearchParams with the stream's filter. `key`: an API key or null.
 * `on.state(state, detail)` with `loading`, `live`, `waiting`, `key-needed` or `stopped`; `on.history(messages)`, newest
 * first, replaces everything shown; `on.event(type, d)` follows in order, each once. Returns `close()`.
 */
export function openLiveStream({ origin, filter, key, on, fetch, WebSocket, random = Math.random }) {
  let position = null;
  let socket = null;
  let wake;
  let silence;
  let attempt = 0;
  let isClosed = false;

  const url = (path, more) => {
    const parameters = new URLSearchParams([...filter, ...Object.entries(more)]);
    return `${origin}${path}?${parameters}`;
  };

  /** Lets go of the current socket: whatever it still says is no longer listened to. */
  const leave = () => {
    clearTimeout(wake);
    clearTimeout(silence);
    const old = socket;
    socket = null;
    old?.close();
  };

  const end = (state, detail) => {
    isClosed = true;
    leave();
    on.state(state, detail);
  };

  const retry = (detail, atLeastMs = 0) => {
    leave();
    if (isClosed) return;
    const delayMs = Math.max(atLeastMs, retryDelayMs(attempt++, random));
    on.state('waiting', detail);
    wake = setTimeout(start, delayMs);
  };

  async function start() {
    if (isClosed) return;
    if (position === null && !(await loadHistory())) return;
    if (isClosed) return;
    try {
      connect();
    } catch {
      end('key-needed', 'A browser cannot send this key: it has characters that no WebSocket subprotocol may have.');
    }
  }

  /** True when the stream can go on from `position`. */
  async function loadHistory() {
    on.state('loading', null);
    try {
      const headers = key === null ? {} : { Authorization: `Bearer ${key}` };
      const answer = await fetch(url('/messages', { limit: HISTORY_MESSAGES }), { headers, cache: 'no-store' });
      if (isClosed) return false;
      const body = await answer.json();
      if (isClosed) return false;
      if (answer.status === 401) end('key-needed', key === null ? null : body.detail);
      else if (answer.status === 400 || answer.status === 403) end('stopped', body.detail);
      else if (!answer.ok) retry(body.detail, 1_000 * Number(answer.headers.get('Retry-After') ?? 0));
      else {
        on.history(body.messages);
        position = body.position;
        return true;
      }
    } catch {
      retry('The server cannot be reached.');
    }
    return false;
  }

  function connect() {
    const protocols = key === null ? ['dms.v1'] : ['dms.v1', `bearer.${key}`];
    const opened = new WebSocket(url('/ws', { since: position }).replace(/^http/, 'ws'), protocols);
    const openedAtMs = Date.now();
    let trouble = null;
    socket = opened;

    const watch = () => {
      clearTimeout(silence);
      silence = setTimeout(() => retry('The server went silent.'), SILENCE_MS);
    };
    const move = () => {
      leave();
      void start();
    };

    const handle = (frame) => {
      if (frame.op === DISPATCH) {
        on.event(frame.t, frame.d);
        position = frame.p;
      } else if (frame.op === POSITION) {
        position = frame.p;
      } else if (frame.op === HELLO && frame.d.resumed) {
        on.state('live', null);
      } else if (frame.op === HELLO) {
        // Our position is gone. Only a new page and its position give an exact seam again.
        position = null;
        retry('Reading the history again.');
      } else if (frame.op === RECONNECT) {
        clearTimeout(wake);
        wake = setTimeout(move, frame.d.after_ms);
      } else if (frame.op === ERROR) {
        trouble = frame.d.message;
      }
    };

    watch();
    opened.onmessage = ({ data }) => {
      if (socket !== opened) return;
      watch();
      handle(JSON.parse(data));
    };
    opened.onclose = ({ code }) => {
      if (socket !== opened) return;
      if (Date.now() - openedAtMs >= STABLE_MS) attempt = 0;
      if (code === BAD_KEY) end('key-needed', trouble);
      else if (code >= 4500 && code <= 4999) end('stopped', trouble);
      else retry(trouble ?? 'The connection was lost.');
    };
  }

  void start();
  return {
    close() {
      isClosed = true;
      leave();
    },
  };
}
