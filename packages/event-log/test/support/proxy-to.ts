import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type FaultProxy, startFaultProxy } from '@dms/test-kit';

/** A FaultProxy before the database, and the URL that goes through it. */
export async function proxyTo(
  databaseUrl: string,
): Promise<{ proxy: FaultProxy; url: string; close(): Promise<void> }> {
  const url = new URL(databaseUrl);
  const socketDirectory = url.searchParams.get('host');
  // Only TCP connections can be reset, so a unix socket gets a TCP door first.
  const door = socketDirectory === null ? null : await openTcpDoor(`${socketDirectory}/.s.PGSQL.5432`);
  const proxy = await startFaultProxy({ host: url.hostname, port: door?.port ?? Number(url.port || 5432) });
  url.searchParams.delete('host');
  url.host = `${proxy.host}:${proxy.port}`;
  const close = async () => {
    await proxy.close();
    await door?.close();
  };
  return { proxy, url: url.href, close };
}

async function openTcpDoor(path: string) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const inside = connect(path);
    for (const [one, other] of [[socket, inside] as const, [inside, socket] as const]) {
      sockets.add(one);
      one.on('error', () => one.destroy());
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
