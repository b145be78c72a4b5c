import { createServer } from 'node:net';

/** A TCP port on 127.0.0.1 that was free a moment ago. Somebody else may take it before you do, so be ready to try again;
 *  prefer port 0 wherever the server itself can choose. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('the probe socket has no port'));
      });
    });
  });
}

const PORT_ATTEMPTS = 5;

/** Runs `start` with a free port, and with another one when it fails: somebody may take the port in between. At most 5 times. */
export async function startOnFreePort<T>(start: (port: number) => Promise<T>): Promise<{ port: number; server: T }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return { port, server: await start(port) };
    } catch (error) {
      if (attempt === PORT_ATTEMPTS) throw error;
    }
  }
}
