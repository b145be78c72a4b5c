export { type BackoffLimits, backoffMs, DEFAULT_BACKOFF } from './backoff.ts';
export type { StreamReset } from './inbox.ts';
export type { LinkStatus } from './link.ts';
export * from './stream-client.ts';
export * from './stream-event.ts';
export type { PositionStore, StreamClientOptions } from './stream-options.ts';
export type { WebSocketConstructor, WebSocketLike } from './web-socket-like.ts';
