/** The browser's file has no types of its own. */
declare module '*/public/live-stream.js' {
  export interface LiveStreamOptions {
    readonly origin: string;
    readonly filter: URLSearchParams;
    readonly key: string | null;
    readonly on: {
      state(state: string, detail: string | null): void;
      history(messages: readonly { readonly id: string }[]): void;
      event(type: string, d: { readonly id: string }): void;
    };
    readonly fetch: typeof fetch;
    readonly WebSocket: unknown;
    readonly random?: () => number;
  }
  export function openLiveStream(options: LiveStreamOptions): { close(): void };
  export function retryDelayMs(attempt: number, random?: () => number): number;
}
