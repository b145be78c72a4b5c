import type { SocketPause } from './socket-pause.ts';
import type { WriteQueue } from './write-queue.ts';

/** Three batches: the one that is being committed, the next, and one more while the socket wakes up. */
const PAUSE_AT_CHANGES = 750;
const GO_ON_AT_CHANGES = 500;
/** Longer, and Discord's answer to a heartbeat might be missed; a database that is this slow is waited for by queueing. */
const MAX_PAUSE_MS = 1_000;

export interface ReadPace {
  /** A dispatch was queued. */
  queued(): void;
  committed(): void;
  /** Reads on, whatever waits. */
  release(): void;
}

/** Reads Discord no faster than commits follow each other. A burst that is read at once is converted at once, held in memory as a
 *  whole, and keeps everything else waiting, commits first of all. While nothing is committed the queue takes what comes. */
export function createReadPace(
  queue: Pick<WriteQueue, 'size'>,
  socket: Pick<SocketPause, 'pause' | 'resume'>,
): ReadPace {
  let committedAtMs = Number.NEGATIVE_INFINITY;
  let paused: NodeJS.Timeout | null = null;

  const release = (): void => {
    if (paused === null) return;
    clearTimeout(paused);
    paused = null;
    socket.resume();
  };

  return {
    queued() {
      if (paused !== null || queue.size < PAUSE_AT_CHANGES) return;
      if (performance.now() - committedAtMs > MAX_PAUSE_MS) return;
      socket.pause();
      paused = setTimeout(release, MAX_PAUSE_MS);
    },
    committed() {
      committedAtMs = performance.now();
      if (queue.size <= GO_ON_AT_CHANGES) release();
    },
    release,
  };
}
