import { connect } from 'node:net';

// Counts the messages that the product publishes, as nothing but a reader of Redis' socket. Arguments: Redis URL, messages that are
// not measured, messages that are. Prints `ready`, `first` when measuring begins, and `done {…}`.
const [url = '', warmup = '0', messages = '0'] = process.argv.slice(2);
const PATTERN = Buffer.from('{"op":0,"t":"MESSAGE_CREATE"');
const { hostname, port } = new URL(url);

let received = 0;
let startedMs = 0;
/** The end of what was read, which may be the beginning of a match. */
let rest: Buffer = Buffer.alloc(0);

function note(): void {
  received += 1;
  if (received === Number(warmup) + 1) {
    startedMs = performance.now();
    process.stdout.write('first\n');
  }
  if (received !== Number(warmup) + Number(messages)) return;
  const seconds = (performance.now() - startedMs) / 1_000;
  process.stdout.write(`done ${JSON.stringify({ received, seconds })}\n`);
}

const socket = connect({ host: hostname, port: Number(port) });
socket.write('PSUBSCRIBE *\r\n');
socket.once('data', () => process.stdout.write('ready\n'));
socket.on('data', (chunk) => {
  const bytes = Buffer.concat([rest, chunk]);
  let at = bytes.indexOf(PATTERN);
  let end = 0;
  while (at !== -1) {
    note();
    end = at + PATTERN.length;
    at = bytes.indexOf(PATTERN, end);
  }
  rest = bytes.subarray(Math.max(end, bytes.length - PATTERN.length + 1));
});
