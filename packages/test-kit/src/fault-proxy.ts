import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';
import { createFaults, type FaultCounts } from './faults.ts';
import { createLink, type Link } from './proxy-link.ts';

export type ProxyTarget = { readonly host: string; readonly port: number } | { readonly path: string };

/** A TCP proxy on 127.0.0.1 that harms what passes. Faults combine; each says in `fired` how often it really did something, so
 *  that a test can prove its fault happened. */
export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** Open client connections. */
  readonly connectionCount: number;
  /** Connections or, for `delay` and `throttle`, chunks that each fault hit so far. */
  readonly fired: FaultCounts;
  /** Resets every open connection on both sides. New ones are accepted. */
  cut(): void;
  /** Nothing passes in either direction, on open and new connections, while both sides stay connected. Nothing is lost: `heal`
   *  lets it through. */
  blackhole(): void;
  /** Holds every chunk for `ms`, keeping the order. */
  delay(ms: number): void;
  /** Limits each direction of each connection. */
  throttle(bytesPerSecond: number): void;
  /** Each connection delivers `bytes` more bytes to its client and then loses the rest, staying open: a lost answer. */
  dropAfter(bytes: number): void;
  /** Ends the server's direction of every open connection: the client reads an end and may go on writing. */
  halfClose(): void;
  /** Resets new connections at once; open ones go on. */
  refuse(): void;
  /** New connections go there; open ones stay where they are. */
  redirect(target: ProxyTarget): void;
  /** Ends every lasting fault. Connections that already lost bytes stay broken: `cut` them. */
  heal(): void;
  close(): Promise<void>;
}

/** Starts on a free port. */
export async function startFaultProxy(target: ProxyTarget): Promise<FaultProxy> {
  const faults = createFaults();
  const links = new Set<Link>();
  let destination = target;

  const accept = (client: Socket): void => {
    if (faults.isRefusing) {
      faults.fired.refuse += 1;
      client.on('error', () => {});
      client.resetAndDestroy();
      return;
    }
    const options: NetConnectOpts = { ...destination, allowHalfOpen: true };
    const link = createLink(client, connect(options), faults, () => links.delete(link));
    links.add(link);
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  const port = await listen(server);

  return {
    host: '127.0.0.1',
    port,
    get connectionCount() {
      return links.size;
    },
    fired: faults.fired,
    cut() {
      faults.fired.cut += links.size;
      for (const link of links) link.reset();
    },
    blackhole() {
      faults.fired.blackhole += links.size;
      faults.blackhole();
    },
    delay: faults.setDelay,
    throttle: faults.setThrottle,
    dropAfter(bytes) {
      faults.setDrop(bytes);
      for (const link of links) link.armDrop(bytes);
    },
    halfClose() {
      faults.fired.halfClose += links.size;
      for (const link of links) link.endClient();
    },
    refuse: faults.refuse,
    redirect(to) {
      destination = to;
    },
    heal() {
      faults.heal();
      for (const link of links) link.armDrop(Number.POSITIVE_INFINITY);
    },
    async close() {
      faults.heal();
      for (const link of links) link.reset();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve(address.port);
      else reject(new Error('the proxy has no port'));
    });
  });
}
