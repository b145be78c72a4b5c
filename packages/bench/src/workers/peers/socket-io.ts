import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { reportPort } from './redis-frames.ts';

// Socket.IO, fed by another process of its cluster. Arguments: Redis URL; `adapter` (pub/sub) or `recovery` (streams, which connection
// state recovery needs).
const [redisUrl = '', manner = 'adapter'] = process.argv.slice(2);
const RECOVERY_MS = 120_000;
const http = createServer();
const redis = new Redis(redisUrl);
new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  ...(manner === 'recovery'
    ? {
        adapter: createStreamsAdapter(redis, { maxLen: 100_000 }),
        connectionStateRecovery: { maxDisconnectionDuration: RECOVERY_MS },
      }
    : { adapter: createAdapter(redis, redis.duplicate()) }),
});
http.listen(0, '127.0.0.1', () => {
  const address = http.address();
  reportPort(typeof address === 'object' ? (address?.port ?? 0) : 0);
});
