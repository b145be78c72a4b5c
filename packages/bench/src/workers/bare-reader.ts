import { isMessageCreate, readDiscordSocket } from './discord-socket.ts';

// The floor of `ingest`: reads Discord's socket, counts, and throws everything away. Arguments: API URL, messages to wait for.
const [apiUrl = '', expected = '0'] = process.argv.slice(2);
let received = 0;
let firstMs = 0;
let bytes = 0;

await readDiscordSocket(apiUrl, (frame) => {
  if (!isMessageCreate(frame)) return;
  received += 1;
  bytes += frame.length;
  if (received === 1) {
    firstMs = performance.now();
    process.stdout.write('first\n');
  }
  if (received !== Number(expected)) return;
  const seconds = (performance.now() - firstMs) / 1_000;
  process.stdout.write(`done ${JSON.stringify({ received, seconds, bytes })}\n`);
});
process.stdout.write('ready\n');
