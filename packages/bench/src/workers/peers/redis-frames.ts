import { Redis } from 'ioredis';

/** Where the publisher puts frames for peers: the DISPATCH frame as text, one message each. */
export const FRAMES_CHANNEL = 'bench:frames';

/** Subscribes as a peer's author would; resolves once subscribed. */
export async function readFrames(redisUrl: string, onFrame: (text: string) => void): Promise<void> {
  const redis = new Redis(redisUrl);
  redis.on('message', (_channel, text) => onFrame(text));
  await redis.subscribe(FRAMES_CHANNEL);
}

/** Tells the benchmark where to connect. */
export function reportPort(port: number): void {
  process.stdout.write(`listening ${port}\n`);
}
