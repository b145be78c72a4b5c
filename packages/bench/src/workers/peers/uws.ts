import { App } from '@rjweb/uws';
import { readFrames, reportPort } from './redis-frames.ts';

// uWebSockets.js with its own publish. Arguments: Redis URL, a free port.
const [redisUrl = '', port = '0'] = process.argv.slice(2);
const TOPIC = 'all';
/** As much as a slow client of ours may lag before it is read from elsewhere; with less, uWebSockets.js drops messages. */
const MAX_BACKPRESSURE_BYTES = 64 * 1024 * 1024;

const app = App().ws('/*', {
  maxBackpressure: MAX_BACKPRESSURE_BYTES,
  idleTimeout: 120,
  open: (socket) => void socket.subscribe(TOPIC),
});
await readFrames(redisUrl, (text) => void app.publish(TOPIC, text, false, false));
app.listen('127.0.0.1', Number(port), (listening) => {
  if (listening === false) throw new Error('uWebSockets.js cannot listen');
  reportPort(Number(port));
});
process.once('SIGTERM', () => process.exit(0));
