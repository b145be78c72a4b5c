import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createDeliveryRecord } from './delivery-record.ts';
import { createFrameReader } from './frame-reader.ts';

// Many WebSocket clients in one process. Arguments: URL, clients, messages each must get, milliseconds of warming up.
// Prints `ready`, `warm` when measuring begins, and `done {…}` when everybody has everything or nothing came for a while.
const [url = '', clientCount = '1', messages = '1', warmupMs = '0'] = process.argv.slice(2);
const CONNECTING_AT_ONCE = 50;
const IDLE_MS = 10_000;
const CHECK_INTERVAL_MS = 20;

const clients = Number(clientCount);
const record = createDeliveryRecord(clients, Number(warmupMs));
const target = new URL(url);
let closed = 0;

async function openClient(index: number): Promise<void> {
  const socket = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
  await once(socket, 'connect');
  socket.write(
    [
      `GET ${target.pathname}${target.search} HTTP/1.1`,
      `Host: ${target.host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      '\r\n',
    ].join('\r\n'),
  );
  const reader = createFrameReader({
    text: (payload) => record.receive(index, payload, Date.now()),
    reply: (frame) => socket.write(frame),
    closed: () => socket.destroy(),
  });
  reader(await upgraded(socket));
  socket.on('data', reader);
  socket.on('error', () => {});
  socket.once('close', () => {
    closed += 1;
  });
}

/** Resolves with what already followed the answer's head. @throws Error with the answer when it is a refusal. */
function upgraded(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let head: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      socket.off('data', onData);
      if (head.subarray(0, end).toString().startsWith('HTTP/1.1 101 ')) resolve(head.subarray(end + 4));
      else reject(new Error(`refused: ${head}`));
    };
    socket.on('data', onData);
    socket.once('error', reject);
  });
}

let next = 0;
async function openSome(): Promise<void> {
  while (next < clients) {
    next += 1;
    await openClient(next - 1);
  }
}
await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, openSome));
process.stdout.write('ready\n');

let isWarm = false;
let seen = 0;
let seenAtMs = performance.now();
let cpuAtStart = process.cpuUsage();
setInterval(() => {
  const nowMs = performance.now();
  if (record.deliveries !== seen || seen === 0) {
    seen = record.deliveries;
    seenAtMs = nowMs;
  }
  if (record.isWarm && !isWarm) {
    isWarm = true;
    cpuAtStart = process.cpuUsage();
    process.stdout.write('warm\n');
  }
  if (seen < clients * Number(messages) && nowMs - seenAtMs < IDLE_MS) return;
  const { user, system } = process.cpuUsage(cpuAtStart);
  const clientCpu = (user + system) / 1e6;
  process.stdout.write(`done ${JSON.stringify({ ...record.figures(), closed, clientCpu })}\n`, () => process.exit(0));
}, CHECK_INTERVAL_MS);
