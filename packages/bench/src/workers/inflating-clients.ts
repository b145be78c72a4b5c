import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { InflatingFigures, InflatingOrder } from './swarm-orders.ts';

// Clients of the `ws` library, which inflate what they get. Arguments: URL, clients, whether they offer permessage-deflate. Prints
// `ready`; answers `{ id, order }` with `answer <id> {…}`.
const [url = '', clientsText = '1', offer = 'offer'] = process.argv.slice(2);
const clients = Number(clientsText);
const CONNECTING_AT_ONCE = 32;
const SEQ = /"s":(\d+)/;
const ENVELOPE_CHARACTERS = 120;

const sockets: Socket[] = [];
const lastSeqs = new Float64Array(clients);
let deliveries = 0;
let wrong = 0;
let bytesBefore = 0;

const bytes = (): number => sockets.reduce((sum, socket) => sum + socket.bytesRead, 0);

function receive(client: number, text: string): void {
  const seq = Number(SEQ.exec(text.slice(0, ENVELOPE_CHARACTERS))?.[1] ?? 0);
  if (!text.startsWith('{"op":0,')) return;
  const last = lastSeqs[client] ?? 0;
  if (last !== 0 && seq !== last + 1) wrong += 1;
  lastSeqs[client] = seq;
  deliveries += 1;
  // A message that was inflated wrongly is no JSON.
  JSON.parse(text);
}

function open(client: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: offer === 'offer' });
    socket.once('upgrade', (response) => sockets.push(response.socket));
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.on('close', () => {
      wrong += 1;
    });
    socket.on('message', (data) => receive(client, String(data)));
  });
}

let next = 0;
async function openSome(): Promise<void> {
  while (next < clients) {
    next += 1;
    await open(next - 1);
  }
}
await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, openSome));

process.on('message', ({ id, order }: { readonly id: number; readonly order: InflatingOrder }) => {
  if (order === 'measure') {
    deliveries = 0;
    bytesBefore = bytes();
  }
  const figures: InflatingFigures = { deliveries, wrong, bytes: bytes() - bytesBefore };
  process.stdout.write(`answer ${id} ${JSON.stringify(figures)}\n`);
});
process.stdout.write('ready\n');
