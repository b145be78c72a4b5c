// Reads pages over kept-alive connections, one request at a time each, and looks at no more of an answer than its length, so that
// the server is what is measured. Arguments: port, connections, seconds, file of paths, of which each reader asks for every one in turn.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const [port = '', connections = '1', seconds = '1', file = ''] = process.argv.slice(2);
// Long enough for the just-in-time compiler.
const WARMUP_SECONDS = 3;
const requests = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((path) => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n`));
const HEADERS_END = Buffer.from('\r\n\r\n');

let answers = 0;
let failures = 0;
let bytes = 0;
let turn = 0;

const fail = (why: string): never => {
  process.stderr.write(`${why}\n`);
  process.exit(1);
};

function read(): void {
  const socket = connect(Number(port), '127.0.0.1');
  let held: Buffer = Buffer.alloc(0);
  let left = -1;
  let isLast = false;
  const ask = (): void => {
    turn += 1;
    const request = requests[turn % requests.length];
    if (request !== undefined) socket.write(request);
  };
  /** True when an answer is complete. */
  const take = (chunk: Buffer): boolean => {
    bytes += chunk.length;
    if (left >= 0) {
      left -= chunk.length;
      return left <= 0;
    }
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const end = held.indexOf(HEADERS_END);
    if (end === -1) return false;
    const head = held.toString('latin1', 0, end);
    const length = /content-length: (\d+)/i.exec(head)?.[1] ?? fail(`no length in ${head}`);
    isLast = /^connection: close\r?$/im.test(head);
    if (!head.startsWith('HTTP/1.1 200')) failures += 1;
    left = Number(length) - (held.length - end - HEADERS_END.length);
    held = Buffer.alloc(0);
    return left <= 0;
  };
  socket.on('connect', ask);
  socket.on('data', (chunk) => {
    if (!take(chunk)) return;
    left = -1;
    answers += 1;
    // A server may want a new connection after so many requests.
    if (isLast) socket.end();
    else ask();
  });
  socket.on('close', read);
  socket.on('error', (error) => fail(error.message));
}

for (let index = 0; index < Number(connections); index += 1) read();
setTimeout(() => {
  const startedMs = performance.now();
  [answers, failures, bytes] = [0, 0, 0];
  process.stdout.write('first\n');
  setTimeout(() => {
    const measured = (performance.now() - startedMs) / 1_000;
    process.stdout.write(`done ${JSON.stringify({ seconds: measured, answers, failures, bytes })}\n`);
    process.exit(0);
  }, Number(seconds) * 1_000);
}, WARMUP_SECONDS * 1_000);
