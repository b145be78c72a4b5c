import { WebSocket } from 'ws';
import {
  createStreamClient as createPortableStreamClient,
  type StreamClient,
  type StreamClientOptions,
} from '../index.ts';

export * from '../index.ts';

/** What Node gets: before version 22 it has no WebSocket of its own. */
export function createStreamClient(options: StreamClientOptions): StreamClient {
  return createPortableStreamClient({ WebSocket: globalThis.WebSocket ?? WebSocket, ...options });
}
