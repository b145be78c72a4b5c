import type { Violations } from './fan-out/checked-reader.ts';
import type { WindowFigures } from './fan-out/delivery-window.ts';
import type { Speech } from './fan-out/swarm-client.ts';

/** What a swarm of clients is told to do. */
export type SwarmOrder =
  | {
      readonly kind: 'open';
      /** Clients of one group must all receive the same stream. */
      readonly group: string;
      /** With this many, clients are dealt out to groups of their own; `{group}` in the URL becomes the group's id. */
      readonly groups?: number;
      readonly groupIds?: readonly string[];
      readonly count: number;
      readonly url: string;
      readonly speech: Speech;
      readonly isStalled?: boolean;
      /** Comes back after every loss of the connection, with its position. */
      readonly stays?: boolean;
      /** Where it comes back to; default: where it was. */
      readonly moveTo?: string;
      readonly offlineMs?: number;
      readonly term?: string;
      /** Where its deliveries are counted; default `all`. */
      readonly window?: string;
    }
  | { readonly kind: 'measure' | 'read' | 'cut' | 'go-on' | 'end' }
  | { readonly kind: 'offline'; readonly ms: number }
  | { readonly kind: 'jitter'; readonly everyMs: number; readonly untilMs: number }
  | { readonly kind: 'settle'; readonly frames: number; readonly quietMs: number };

export interface SwarmFigures extends Violations {
  /** Deliveries still missing. */
  readonly behind: number;
  /** Of the longest stream, and of all groups' streams. */
  readonly frames: number;
  readonly totalFrames: number;
  /** Places in a stream where the seq grew by more than one. */
  readonly jumps: number;
  readonly bytes: number;
  readonly closed: number;
  readonly refused: number;
  readonly open: number;
  readonly windows: Readonly<Record<string, WindowFigures>>;
  /** Ascending: from the loss of a connection to having all that was there when it was back. */
  readonly recoveriesMs: readonly number[];
}

export type InflatingOrder = 'measure' | 'read';

export interface InflatingFigures {
  readonly deliveries: number;
  /** Out of order, missing, or a connection lost. */
  readonly wrong: number;
  readonly bytes: number;
}
