import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { checkLeaks, eventually, type FaultProxy, startFaultProxy } from '@dms/test-kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

interface Peer {
  readonly socket: Socket;
  readonly received: () => string;
  readonly hasEnded: () => boolean;
}

let server: Server;
let proxy: FaultProxy;
const serverSockets = new Set<Socket>();
const clients = new Set<Socket>();

checkLeaks();

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.on('close', () => resolve()));

describe('startFaultProxy', () => {
  /** Echoes; keeps its side open after the client's end. */
  beforeEach(async () => {
    server = createServer({ allowHalfOpen: true }, (socket) => {
      serverSockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => serverSockets.delete(socket));
      socket.on('data', (chunk) => socket.write(chunk));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    proxy = await startFaultProxy({ host: '127.0.0.1', port: address.port });
  });

  afterEach(async () => {
    for (const socket of clients) socket.destroy();
    clients.clear();
    await proxy.close();
    for (const socket of serverSockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  function open(): Peer {
    const socket = connect({ host: proxy.host, port: proxy.port, allowHalfOpen: true });
    clients.add(socket);
    let text = '';
    let hasEnded = false;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.on('end', () => {
      hasEnded = true;
    });
    return { socket, received: () => text, hasEnded: () => hasEnded };
  }

  async function echo(peer: Peer, text: string): Promise<void> {
    const before = peer.received();
    peer.socket.write(text);
    await eventually(() => expect(peer.received()).toBe(before + text));
  }

  it('passes everything and the end, in both directions', async () => {
    const peer = open();
    await echo(peer, 'a'.repeat(1_000_000));
    expect(proxy.connectionCount).toBe(1);
    peer.socket.end();
    for (const socket of serverSockets) socket.end();
    await eventually(() => expect(proxy.connectionCount).toBe(0));
    await eventually(() => expect(peer.hasEnded()).toBe(true));
    expect(Object.values(proxy.fired)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it('cut: resets open connections and accepts new ones', async () => {
    const peer = open();
    await echo(peer, 'one');
    const end = closed(peer.socket);
    proxy.cut();
    await end;
    await eventually(() => expect(serverSockets.size).toBe(0));
    await echo(open(), 'two');
    expect(proxy.fired.cut).toBe(1);
  });

  it('blackhole: nothing passes, not even an end, and nothing is lost', async () => {
    const peer = open();
    await echo(peer, 'before ');
    proxy.blackhole();
    const newcomer = open();
    peer.socket.write('during');
    newcomer.socket.end('new');
    await expect(eventually(() => expect(peer.received()).toContain('during'), { timeoutMs: 100 })).rejects.toThrow();
    expect(newcomer.received()).toBe('');
    proxy.heal();
    await eventually(() => expect(peer.received()).toBe('before during'));
    await eventually(() => expect(newcomer.received()).toBe('new'));
    expect(proxy.fired.blackhole).toBe(2);
  });

  it('delay: holds each chunk and keeps the order', async () => {
    const peer = open();
    await echo(peer, 'fast');
    proxy.delay(50);
    const startedMs = performance.now();
    await echo(peer, 'slow');
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(95);
    expect(proxy.fired.delay).toBe(2);
  });

  it('throttle: bytes trickle at the given rate', async () => {
    const peer = open();
    await echo(peer, 'fast');
    proxy.throttle(10_000);
    const startedMs = performance.now();
    await echo(peer, 'x'.repeat(2_000));
    expect(performance.now() - startedMs).toBeGreaterThan(180);
    expect(proxy.fired.throttle).toBeGreaterThan(10);
  });

  it('dropAfter: the client loses what follows and stays connected', async () => {
    const peer = open();
    await echo(peer, 'before');
    proxy.dropAfter(3);
    peer.socket.write('abcdef');
    await eventually(() => expect(proxy.fired.dropAfter).toBe(1));
    peer.socket.write('ghi');
    await expect(eventually(() => expect(peer.received()).toContain('d'), { timeoutMs: 100 })).rejects.toThrow();
    expect(peer.received()).toBe('beforeabc');
    expect(peer.hasEnded()).toBe(false);
    expect(proxy.fired.dropAfter).toBe(1);
  });

  it('halfClose: the client reads an end and can still write', async () => {
    const peer = open();
    await echo(peer, 'before');
    proxy.halfClose();
    await eventually(() => expect(peer.hasEnded()).toBe(true));
    const [serverSocket] = serverSockets;
    const arrived = serverSocket === undefined ? Promise.reject(new Error('no socket')) : once(serverSocket, 'data');
    peer.socket.write('after');
    expect(String(await arrived)).toBe('after');
    expect(proxy.fired.halfClose).toBe(1);
  });

  it('refuse: new connections end at once while open ones go on', async () => {
    const peer = open();
    await echo(peer, 'before');
    proxy.refuse();
    const refused = open();
    await closed(refused.socket);
    await echo(peer, 'after');
    proxy.heal();
    await echo(open(), 'again');
    expect(proxy.fired.refuse).toBe(1);
  });
});
