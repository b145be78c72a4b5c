import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { readFrames, reportPort } from './redis-frames.ts';

// The floor for one write a message and client: sockets that know as much of WebSocket as it takes to say yes, and one finished frame
// that is written to each. Argument: Redis URL.
const [redisUrl = ''] = process.argv.slice(2);
const ACCEPT_SALT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const sockets = new Set<Socket>();

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.once('data', (request) => {
    const key = /sec-websocket-key: *(\S+)/i.exec(request.toString('latin1'))?.[1] ?? '';
    const accept = createHash('sha1').update(`${key}${ACCEPT_SALT}`).digest('base64');
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, '\r\n'].join('\r\n'));
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.resume();
  });
});

function frameOf(text: string): Buffer {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126
      ? Buffer.of(0x81, payload.length)
      : Buffer.of(0x81, 126, payload.length >> 8, payload.length & 255);
  return Buffer.concat([head, payload]);
}

await readFrames(redisUrl, (text) => {
  const frame = frameOf(text);
  for (const socket of sockets) socket.write(frame);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  reportPort(typeof address === 'object' ? (address?.port ?? 0) : 0);
});
