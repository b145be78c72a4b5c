import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { WebSocketConstructor } from '../index.ts';
import { detailOf } from './problem-detail.ts';

/** The server answered the upgrade with HTTP. */
export interface HttpRefusal {
  readonly status: number;
  readonly detail: string;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;
const MAX_BODY_LENGTH = 16_384;

/** A WebSocket for Node that also tells why an upgrade was refused, which the standard API hides, and that carries the key in a
 *  header, since not every key can be a subprotocol. A refusal is still followed by 'error' and 'close'. */
export function createRefusableWebSocket(
  key: string | null,
  onRefused: (refusal: HttpRefusal) => void,
): WebSocketConstructor {
  return class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, {
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        perMessageDeflate: false,
        ...(key !== null && { headers: { Authorization: `Bearer ${key}` } }),
      });
      this.on('unexpected-response', (_request, response: IncomingMessage) => {
        void readBody(response).then((body) => {
          const status = response.statusCode ?? 0;
          onRefused({ status, detail: detailOf(body) ?? `the server answered ${status}` });
          this.terminate();
        });
      });
    }
  };
}

/** What came until the end, whatever the end. */
function readBody(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      body = (body + text).slice(0, MAX_BODY_LENGTH);
    });
    response.on('error', () => {});
    response.once('close', () => resolve(body));
  });
}
