import { connect, type Socket } from 'node:net';
import type { SeededRandom } from '@dms/test-kit';

/** A TCP client that sends whatever it is told to, from an address of its own, and keeps what comes back. */
export interface RawPeer {
  /** Everything received that was not consumed. */
  readonly received: Buffer;
  readonly isClosed: boolean;
  /** Sends the bytes in these pieces, each of them in a turn of its own. */
  send(...pieces: readonly Buffer[]): Promise<void>;
  /** No more is sent; reading goes on. */
  finish(): void;
  /** Without a goodbye. */
  destroy(): void;
  /** Looks at what is there until `look` finds something, and then drops the bytes it used. Null when the server hung up first.
   *  @throws Error after `timeoutMs`: a server that neither answers nor hangs up. */
  take<T>(look: (received: Buffer, isClosed: boolean) => Found<T> | null): Promise<T | null>;
  /** Resolves when the server hung up. @throws Error after `timeoutMs` */
  closed(): Promise<void>;
}

export interface Found<T> {
  readonly value: T;
  readonly usedBytes: number;
}

const DEFAULT_TIMEOUT_MS = 20_000;

export async function connectRawPeer(
  port: number,
  localAddress: string,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<RawPeer> {
  const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true, allowHalfOpen: true });
  let received: Buffer = Buffer.alloc(0);
  let isClosed = false;
  let changed = (): void => {};
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    changed();
  });
  const over = (): void => {
    isClosed = true;
    changed();
  };
  socket.on('end', () => {
    over();
    socket.end();
  });
  // A server that hangs up on unread bytes resets the connection: that is an answer, too.
  socket.on('error', over);
  socket.on('close', over);
  await new Promise<void>((resolve) => socket.once('connect', resolve).once('close', resolve));

  const take = <T>(look: (received: Buffer, isClosed: boolean) => Found<T> | null): Promise<T | null> =>
    new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        changed = () => {};
      };
      const check = (): void => {
        try {
          const found = look(received, isClosed);
          if (found === null && !isClosed) return;
          settle();
          if (found !== null) received = received.subarray(found.usedBytes);
          resolve(found?.value ?? null);
        } catch (error) {
          settle();
          reject(error);
        }
      };
      const timer = setTimeout(() => {
        settle();
        reject(
          new Error(
            `no answer within ${timeoutMs} ms; so far ${JSON.stringify(received.toString('latin1').slice(0, 400))}`,
          ),
        );
      }, timeoutMs);
      changed = check;
      check();
    });

  return {
    get received() {
      return received;
    },
    get isClosed() {
      return isClosed;
    },
    async send(...pieces) {
      for (const piece of pieces) await write(socket, piece);
    },
    finish: () => void socket.end(),
    destroy: () => void socket.destroy(),
    take,
    async closed() {
      await take<void>(() => null);
    },
  };
}

function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed || socket.writableEnded) return resolve();
    socket.write(bytes);
    // Not when it was taken: a server may rightly stop reading.
    setImmediate(resolve);
  });
}

/** Any address of this machine's loopback network but the one that normal clients come from; Linux gives them all. */
export const loopbackAddress = (random: SeededRandom): string =>
  `127.${random.integer(1, 254)}.${random.integer(0, 254)}.${random.integer(1, 254)}`;

/** Cuts bytes into at most `pieces` pieces at places of chance. */
export function cut(bytes: Buffer, random: SeededRandom, pieces: number): readonly Buffer[] {
  const places = Array.from({ length: pieces - 1 }, () => random.integer(0, bytes.length)).toSorted((a, b) => a - b);
  return [0, ...places].map((start, index) => bytes.subarray(start, places[index] ?? bytes.length));
}
