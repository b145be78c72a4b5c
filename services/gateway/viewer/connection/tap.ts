import type { WebSocketConstructor, WebSocketLike } from '@dms/client';

type MessageListener = (event: { readonly data: unknown }) => void;
type CloseListener = (event: { readonly code: number; readonly reason: string }) => void;

/** Hears what goes through sockets, and can break them. */
export interface Tap {
  /** For a stream client. */
  readonly WebSocket: WebSocketConstructor;
  /** Breaks the open sockets as a lost network does: what is under way is lost, and no farewell is heard. */
  drop(): void;
}

/** `onFrame` gets each frame as it came, before anybody else. */
export function createTap(onFrame: (text: string) => void): Tap {
  const cuts = new Set<() => void>();

  class TappedWebSocket implements WebSocketLike {
    readonly #socket: WebSocket;
    readonly #closeListeners: CloseListener[] = [];
    #isCut = false;

    constructor(url: string, protocols: string[]) {
      this.#socket = new WebSocket(url, protocols);
      cuts.add(this.#cut);
      this.#socket.addEventListener('close', () => cuts.delete(this.#cut));
      this.#socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        if (typeof data === 'string' && !this.#isCut) onFrame(data);
      });
    }

    readonly #cut = (): void => {
      this.#isCut = true;
      cuts.delete(this.#cut);
      this.#socket.close();
      for (const listener of this.#closeListeners) listener({ code: 1006, reason: '' });
    };

    addEventListener(type: 'message', listener: MessageListener): void;
    addEventListener(type: 'error', listener: (event: object) => void): void;
    addEventListener(type: 'close', listener: CloseListener): void;
    addEventListener(type: 'message' | 'error' | 'close', listener: MessageListener & CloseListener): void {
      if (type === 'close') this.#closeListeners.push(listener);
      this.#socket.addEventListener(type, (event: Event) => {
        // Each listener was registered for the type of the event it gets.
        if (!this.#isCut) Reflect.apply(listener, null, [event]);
      });
    }

    close(code?: number): void {
      this.#socket.close(code);
    }
  }

  return {
    WebSocket: TappedWebSocket,
    drop() {
      for (const cut of [...cuts]) cut();
    },
  };
}
