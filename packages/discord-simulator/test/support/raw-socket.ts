import { WebSocket } from 'ws';
import type { DiscordSimulator } from '../../src/index.ts';
import { ALL_INTENTS, TOKEN } from './reader.ts';

export interface Frame {
  readonly op: number;
  readonly t: string | null;
  readonly s: number | null;
  readonly d: unknown;
}

/** A bare gateway client, for what discord.js would never do. */
export interface RawSocket {
  readonly frames: Frame[];
  readonly send: (frame: unknown) => void;
  readonly sendText: (text: string) => void;
  /** Resolves with the first frame, past or to come, for which `isWanted` holds. */
  readonly frame: (isWanted: (frame: Frame) => boolean) => Promise<Frame>;
  readonly closed: Promise<number>;
  readonly close: (code?: number) => void;
  /** Stops reading from the socket until `resume`. */
  readonly pause: () => void;
  readonly resume: () => void;
}

/** Connects; HELLO is the first frame to come. */
export function openRawSocket(simulator: Pick<DiscordSimulator, 'port'>, query = '?v=10&encoding=json'): RawSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${simulator.port}/${query}`);
  const frames: Frame[] = [];
  const waiting = new Set<(frame: Frame) => void>();
  socket.on('message', (data) => {
    const frame: Frame = JSON.parse(data.toString());
    frames.push(frame);
    for (const look of waiting) look(frame);
  });
  socket.on('error', () => {});
  const opened = new Promise<void>((resolve) => socket.once('open', () => resolve()));
  const sendText = (text: string): void => void opened.then(() => socket.send(text));
  return {
    frames,
    sendText,
    send: (frame) => sendText(JSON.stringify(frame)),
    frame: (isWanted) =>
      new Promise((resolve) => {
        const known = frames.find(isWanted);
        if (known !== undefined) {
          resolve(known);
          return;
        }
        const look = (frame: Frame): void => {
          if (!isWanted(frame)) return;
          waiting.delete(look);
          resolve(frame);
        };
        waiting.add(look);
      }),
    closed: new Promise((resolve) => socket.once('close', resolve)),
    close: (code = 1000) => socket.close(code),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
}

/** An IDENTIFY with what Discord needs; `d` overrides. */
export function identify(d: object = {}) {
  return { op: 2, d: { token: TOKEN, intents: ALL_INTENTS, properties: { os: 'test' }, ...d } };
}
