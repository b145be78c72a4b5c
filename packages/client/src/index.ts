export {
  EVENT_TYPES,
  type EventType,
  type MessageDisplay,
  type Origin,
  type StoredMessage,
} from '@dms/protocol/vocabulary';
export { type BackoffLimits, backoffMs, DEFAULT_BACKOFF } from './backoff.ts';
export type * from './event-payload.ts';
export type { StreamReset } from './inbox.ts';
export type { LinkStatus } from './link.ts';
export type { StreamListeners } from './listeners.ts';
export * from './rest-client.ts';
export { RestError } from './rest-error.ts';
export type { FetchLike, RestOptions } from './rest-request.ts';
export * from './stream-client.ts';
export * from './stream-end.ts';
export * from './stream-event.ts';
export type { PositionStore, ReloadCause, StreamClientOptions, StreamFilter } from './stream-options.ts';
export type { StreamState } from './stream-state.ts';
export type { WebSocketConstructor, WebSocketLike } from './web-socket-like.ts';
