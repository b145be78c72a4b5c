import { WebSocketServer } from 'ws';
import { isMessageCreate, readDiscordSocket } from './discord-socket.ts';

// What a bot's author writes first, as a peer for `latency`: each message is parsed, and stringified again for each client.
// No log, no position, no filter, no limit. Argument: API URL.
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
let seq = 0;

await readDiscordSocket(process.argv[2] ?? '', (frame) => {
  if (!isMessageCreate(frame)) return;
  const { d } = JSON.parse(frame.toString());
  seq += 1;
  for (const client of server.clients) {
    client.send(JSON.stringify({ op: 0, t: 'MESSAGE_CREATE', s: seq, p: `1:${seq}`, d }));
  }
});
const address = server.address();
process.stdout.write(`listening ${typeof address === 'object' ? address?.port : ''}\n`);
