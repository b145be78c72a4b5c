import { setTimeout as delay } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { isTerminal, SUBPROTOCOL } from '@dms/protocol';
import { WebSocket } from 'ws';

/** One of very many readers: it keeps no event, only what proves that it received each one once and in order. */
export interface SwarmClient {
  readonly isConnected: boolean;
  /** Seq of the last event; without a filter every seq follows the one before. */
  readonly seq: number;
  /** CRC-32 over every frame received, in order. */
  readonly digest: number;
  /** Connections that reached HELLO. */
  readonly connections: number;
  /** Connections that ended without the server having asked the client to move first. */
  readonly losses: number;
  /** Longest time without a connection, milliseconds. */
  readonly longestGapMs: number;
  readonly violations: readonly string[];
  readonly failures: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** CRC-32 of a run of frames, as a client computes it. */
export const digestOf = (texts: readonly string[]): number => texts.reduce((digest, text) => crc32(text, digest), 0);

const FRAME_START = /^\{"op":0,"t":"[A-Z_]+","s":(\d+),"p":"(\d+):\d+"/;
const POSITION = /"p(?:osition)?":"(\d+:\d+)"/;
const AFTER_MS = /"after_ms":(\d+)/;
const HEAD_LENGTH = 120;
const MAX_BACKOFF_MS = 1_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A position comes at least every 15 s: a connection that is silent for longer is dead (a frozen or vanished server). */
const SILENCE_MS = 20_000;

/** Connects at once and for ever. Says a false X-Forwarded-For, as somebody who wants to hide would. */
export function startSwarmClient(url: string, localAddress: string, index: number): SwarmClient {
  const stopping = new AbortController();
  const violations: string[] = [];
  const failures = new Map<string, number>();
  const sockets = new Set<WebSocket>();
  let position: string | null = null;
  let [seq, term, digest, connections, losses, longestGapMs] = [0, 0, 0, 0, 0, 0];
  let current: WebSocket | null = null;

  const fail = (why: string): void => void failures.set(why, (failures.get(why) ?? 0) + 1);
  const onEvent = (bytes: Buffer, [, seqText, termText]: RegExpExecArray): void => {
    const [nextSeq, nextTerm] = [Number(seqText), Number(termText)];
    if (nextSeq !== seq + 1) violations.push(`seq ${nextSeq} came after ${seq}`);
    if (nextTerm < term) violations.push(`term ${nextTerm} came after ${term}`);
    digest = crc32(bytes, digest);
    [seq, term] = [nextSeq, nextTerm];
    position = `${term}:${seq}`;
  };
  const onHello = (head: string): void => {
    if (position !== null && !head.includes('"resumed":true')) violations.push(`reset at ${position}: ${head}`);
  };

  /** Resolves when the connection is over, or has been asked to move: whoever moves opens the new one first. */
  const connect = (since: string, onOpen: () => void): Promise<'lost' | 'moving'> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${url}?since=${since}`, [SUBPROTOCOL], {
        localAddress,
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        perMessageDeflate: false,
        headers: { 'X-Forwarded-For': `198.51.100.${index % 250}`, Forwarded: `for=198.51.100.${index % 250}` },
      });
      const previous = current;
      let isOver = false;
      sockets.add(socket);
      let moving: NodeJS.Timeout | undefined;
      const watch = setTimeout(() => {
        fail('silent for too long');
        socket.terminate();
      }, SILENCE_MS);
      const end = (how: 'lost' | 'moving'): void => {
        isOver = true;
        clearTimeout(watch);
        clearTimeout(moving);
        resolve(how);
      };
      // The server gives each client a moment of its own; until then events go on arriving here.
      const moveSoon = (afterMs: number): void => {
        moving = setTimeout(() => end('moving'), afterMs);
      };
      socket.on('message', (data: Buffer) => {
        if (isOver) return;
        watch.refresh();
        const head = data.toString('latin1', 0, HEAD_LENGTH);
        const event = FRAME_START.exec(head);
        if (event !== null) onEvent(data, event);
        else if (head.startsWith('{"op":10,')) {
          onHello(data.toString());
          connections += 1;
          current = socket;
          previous?.close();
          onOpen();
        } else if (head.startsWith('{"op":100,')) position = POSITION.exec(head)?.[1] ?? position;
        else if (head.startsWith('{"op":7,')) moveSoon(Number(AFTER_MS.exec(head)?.[1]));
      });
      socket.on('unexpected-response', (_request, response) => {
        fail(`refused with ${response.statusCode}`);
        socket.terminate();
      });
      socket.on('error', ({ message }) => fail(message));
      socket.on('close', (code) => {
        sockets.delete(socket);
        if (isOver) return;
        fail(
          `${current === socket ? 'lost' : 'closed'} with ${code}${moving === undefined ? '' : ' before its turn to move'}`,
        );
        if (isTerminal(code)) violations.push(`refused for good: ${code}`);
        if (current === socket) {
          current = null;
          losses += 1;
        }
        end('lost');
      });
    });

  const run = async (): Promise<void> => {
    let lostAt = performance.now();
    for (let tries = 0; !stopping.signal.aborted; tries += 1) {
      const how = await connect(position ?? 'all', () => {
        if (connections > 1) longestGapMs = Math.max(longestGapMs, performance.now() - lostAt);
        tries = 0;
      });
      if (how === 'moving') lostAt = performance.now();
      else {
        if (tries === 0) lostAt = performance.now();
        // Full jitter: a crowd that comes back all at once would only be refused again.
        const backoffMs = Math.random() * Math.min(MAX_BACKOFF_MS, 200 * 2 ** tries);
        await delay(backoffMs, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  };
  const finished = run();

  return {
    get isConnected() {
      return current !== null;
    },
    get seq() {
      return seq;
    },
    get digest() {
      return digest;
    },
    get connections() {
      return connections;
    },
    get losses() {
      return losses;
    },
    get longestGapMs() {
      return longestGapMs;
    },
    violations,
    failures,
    async stop() {
      stopping.abort();
      for (const socket of sockets) socket.terminate();
      await finished;
    },
  };
}
