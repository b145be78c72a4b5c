import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Faults } from './faults.ts';

/** One client connection and its twin to the server. */
export interface Link {
  /** RST to both sides. */
  reset(): void;
  /** FIN to the client. */
  endClient(): void;
  /** The client receives `bytes` more bytes and nothing after them. */
  armDrop(bytes: number): void;
}

/** Throttled writes are cut into pieces of this many milliseconds, so that the rate is even. */
const THROTTLE_SLICE_MS = 20;

/** Copies both ways until both directions have ended; then calls `closed` once. */
export function createLink(client: Socket, server: Socket, faults: Faults, closed: () => void): Link {
  let bytesUntilDrop = faults.bytesUntilDrop;
  let hasDropped = false;
  const stop = new AbortController();
  if (faults.isBlackholed) faults.fired.blackhole += 1;

  const reset = (): void => {
    stop.abort();
    for (const socket of [client, server]) {
      // A Unix socket has no address, and no RST either: closing it is all there is.
      if (socket.remoteAddress === undefined) socket.destroy();
      else if (!socket.destroyed) socket.resetAndDestroy();
    }
  };
  const toClient = async (chunk: Buffer): Promise<void> => {
    const kept = chunk.subarray(0, Math.min(chunk.length, bytesUntilDrop));
    bytesUntilDrop -= kept.length;
    if (kept.length < chunk.length && !hasDropped) faults.fired.dropAfter += 1;
    hasDropped ||= kept.length < chunk.length;
    if (kept.length > 0) await writeThrottled(client, kept, faults, stop.signal);
  };
  const toServer = (chunk: Buffer): Promise<void> => writeThrottled(server, chunk, faults, stop.signal);

  const directions = [
    pass(client, server, toServer, faults, stop.signal),
    pass(server, client, toClient, faults, stop.signal),
  ];
  Promise.allSettled(directions).then((results) => {
    if (results.some(({ status }) => status === 'rejected')) reset();
    closed();
  }, closed);
  // A reset on one side ends the other at once, unless the path between them is gone.
  for (const socket of [client, server]) socket.on('error', () => void faults.passage().then(reset));

  return {
    reset,
    endClient: () => client.end(),
    armDrop(bytes) {
      bytesUntilDrop = bytes;
      hasDropped = false;
    },
  };
}

async function pass(
  source: Socket,
  sink: Socket,
  write: (chunk: Buffer) => Promise<void>,
  faults: Faults,
  signal: AbortSignal,
): Promise<void> {
  // By default the iterator would destroy the whole socket at the end of its readable side.
  for await (const chunk of source.iterator({ destroyOnReturn: false })) {
    await untilAborted(faults.passage(), signal);
    if (faults.delayMs > 0) {
      faults.fired.delay += 1;
      await delay(faults.delayMs, undefined, { signal });
    }
    await write(chunk);
  }
  await untilAborted(faults.passage(), signal);
  if (sink.writable) sink.end();
}

async function writeThrottled(sink: Socket, chunk: Buffer, faults: Faults, signal: AbortSignal): Promise<void> {
  let offset = 0;
  while (offset < chunk.length) {
    const rate = faults.bytesPerSecond;
    const sliceBytes = Number.isFinite(rate)
      ? Math.max(1, Math.floor((rate * THROTTLE_SLICE_MS) / 1_000))
      : chunk.length;
    const slice = chunk.subarray(offset, offset + sliceBytes);
    offset += slice.length;
    if (!sink.writable) return;
    const isFlushed = sink.write(slice);
    if (Number.isFinite(rate)) {
      faults.fired.throttle += 1;
      await delay((slice.length / rate) * 1_000, undefined, { signal });
    } else if (!isFlushed) {
      await drained(sink);
    }
  }
}

function drained(sink: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      sink.off('drain', settle);
      sink.off('close', settle);
      resolve();
    };
    sink.on('drain', settle);
    sink.on('close', settle);
  });
}

function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error('the connection was reset'));
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, reject);
  });
}
