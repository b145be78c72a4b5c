import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';

/** A server that does exactly what a test says, over a real socket. */
export interface ScriptedServer {
  readonly url: string;
  /** What each client asked for, oldest first. */
  readonly requests: readonly URLSearchParams[];
  readonly protocols: readonly string[];
  /** Speaks to the n-th connection (from 0), or to every later one with the last script. */
  script(...scripts: readonly ((socket: WebSocket) => void)[]): void;
  /** Answers every later upgrade with HTTP. */
  refuse(status: number, body: string): void;
  close(): Promise<void>;
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  const requests: URLSearchParams[] = [];
  const protocols: string[] = [];
  let scripts: readonly ((socket: WebSocket) => void)[] = [];
  let refusal: { readonly status: number; readonly body: string } | null = null;
  const http = createServer();
  const server = new WebSocketServer({ noServer: true });

  http.on('upgrade', (request: IncomingMessage, socket, head) => {
    requests.push(new URL(request.url ?? '/', 'http://test').searchParams);
    protocols.push(request.headers['sec-websocket-protocol'] ?? '');
    if (refusal !== null) {
      const { status, body } = refusal;
      socket.end(
        `HTTP/1.1 ${status} No\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      );
      return;
    }
    const script = scripts[requests.length - 1] ?? scripts.at(-1);
    server.handleUpgrade(request, socket, head, (webSocket) => script?.(webSocket));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `ws://127.0.0.1:${port}/ws`,
    requests,
    protocols,
    script(...given) {
      scripts = given;
    },
    refuse(status, body) {
      refusal = { status, body };
    },
    async close() {
      for (const client of server.clients) client.terminate();
      http.close();
      await once(http, 'close');
    },
  };
}

export const hello = (position: string, resumed: boolean, reason: string | null = null): string =>
  JSON.stringify({ op: 10, d: { v: 1, connection_id: 'c', position, oldest: '0:0', resumed, reason } });

export const event = (position: string, text = `message ${position}`): string => {
  const seq = Number(position.split(':')[1]);
  const display = { text, author_name: 'Ada', channel_name: 'general' };
  const d = { id: `${seq}`, channel_id: '7', author: { id: '1' }, timestamp: '2026-11-22T10:00:00.000Z', display };
  return JSON.stringify({ op: 0, t: 'MESSAGE_CREATE', s: seq, p: position, d });
};

export const say =
  (...frames: readonly string[]) =>
  (socket: WebSocket): void => {
    for (const frame of frames) socket.send(frame);
  };
