/** The part of the WebSocket API that the client uses: the browser's own and that of the `ws` package both have it. */
export interface WebSocketLike {
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'error', listener: (event: object) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  close(code?: number): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** Why the browser does not say is its own business; `ws` says it, sometimes only as a system error code. */
export function describeFailure(event: object): string {
  const error = 'error' in event && typeof event.error === 'object' ? event.error : null;
  if (error !== null && 'code' in error && typeof error.code === 'string') return error.code;
  return 'message' in event && typeof event.message === 'string' && event.message !== '' ? event.message : 'no answer';
}
