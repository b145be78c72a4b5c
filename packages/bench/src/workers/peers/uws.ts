import { createRequire } from 'node:module';
import { readFrames, reportPort } from './redis-frames.ts';

/** As much of it as is used here. */
interface Uws {
  App(): UwsApp;
}
interface UwsApp {
  ws(
    pattern: string,
    behavior: {
      readonly maxBackpressure: number;
      readonly idleTimeout: number;
      readonly open: (socket: { subscribe(topic: string): void }) => void;
    },
  ): UwsApp;
  publish(topic: string, text: string, isBinary: boolean, compress: boolean): boolean;
  listen(host: string, port: number, done: (listening: unknown) => void): void;
}

// uWebSockets.js with its own publish. Arguments: Redis URL, a free port, where the module is.
const [redisUrl = '', port = '0', modulePath = ''] = process.argv.slice(2);
const { App }: Uws = createRequire(import.meta.url)(modulePath);
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
