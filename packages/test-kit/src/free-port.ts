import { createServer, type Server } from 'node:net';

/** A TCP port on 127.0.0.1 that was free a moment ago. Somebody else may take it before you do, so be ready to try again;
 *  prefer port 0 wherever the server itself can choose. */
export async function freePort(): Promise<number> {
  const probe = await listenAnywhere();
  await close(probe.server);
  return probe.port;
}

interface Probe {
  readonly server: Server;
  readonly port: number;
}

function listenAnywhere(): Promise<Probe> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve({ server, port: address.port });
      else reject(new Error('the probe socket has no port'));
    });
  });
}

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/** `count` different ports, none above `maxPort`. */
async function freePorts(count: number, maxPort: number): Promise<readonly number[]> {
  const probes: Probe[] = [];
  const fitting = () => probes.map(({ port }) => port).filter((port) => port <= maxPort);
  // All stay open until there are enough, because the system likes to give the same port again.
  while (fitting().length < count) probes.push(await listenAnywhere());
  await Promise.all(probes.map(({ server }) => close(server)));
  return fitting();
}

const PORT_ATTEMPTS = 5;

/** Runs `start` with a free port, and with another one when it fails: somebody may take the port in between. At most 5 times. */
export async function startOnFreePort<T>(start: (port: number) => Promise<T>): Promise<{ port: number; server: T }> {
  return startOnFreePorts(1, async ([port = 0]) => ({ port, server: await start(port) }));
}

/** The same with several different ports, none above `maxPort`. A `start` that fails has ended what it had started. */
export async function startOnFreePorts<T>(
  count: number,
  start: (ports: readonly number[]) => Promise<T>,
  maxPort = 65_535,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const ports = await freePorts(count, maxPort);
    try {
      return await start(ports);
    } catch (error) {
      if (attempt === PORT_ATTEMPTS) throw error;
    }
  }
}
