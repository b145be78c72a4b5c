import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { readFrames, reportPort } from './redis-frames.ts';

// What everybody writes first: `ws`, and a loop over its clients. Arguments: Redis URL; `text` sends what came from Redis as it is,
// `stringify` parses it and stringifies it again for each client, `deflate` compresses with ws's defaults.
const [redisUrl = '', manner = 'text'] = process.argv.slice(2);
const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  perMessageDeflate: manner === 'deflate' && { threshold: 0 },
});
const sendAll = (send: (client: WebSocket) => void): void => {
  for (const client of server.clients) send(client);
};

await readFrames(redisUrl, (text) => {
  if (manner !== 'stringify') return sendAll((client) => client.send(text));
  const frame: unknown = JSON.parse(text);
  sendAll((client) => client.send(JSON.stringify(frame)));
});
const address: AddressInfo | string | null = server.address();
reportPort(typeof address === 'object' ? (address?.port ?? 0) : 0);
