import type { LinkStatus } from './link.ts';

/** What a client can say of itself at any moment. */
export interface StreamState {
  readonly link: LinkStatus;
  /** After the last handled event; null before the first HELLO. */
  readonly position: string | null;
  /** Newest seq of the log that the server told of, at most 15 s old while connected; null before HELLO. */
  readonly head: number | null;
  /** Events of the log from `position` to `head`, also those that the filter leaves out. 0 = nothing is known to be missing. */
  readonly behind: number;
  /** Received and not handled yet. */
  readonly waiting: number;
  /** Events that came again and were dropped; some are normal after a reconnect. */
  readonly repeats: number;
  /** Times that the server could not go on from where this client was. */
  readonly resets: number;
  /** HELLOs received: 1 plus every reconnect and move. */
  readonly connections: number;
}
