import type { Paint } from './describe-event.ts';

/** Where a command writes: results to standard output, everything else to standard error. */
export interface Output {
  readonly paint: Paint;
  /** One line of the result. Resolves when more may be written. */
  line(text: string): Promise<void>;
  /** Resolves when more may be written. */
  bytes(bytes: Uint8Array): Promise<void>;
  /** One line for people, beside the result. */
  note(text: string): void;
  /** Replaces the line before it on a terminal, else is left out. Empty takes it away. */
  progress(text: string): void;
}

interface Stream {
  readonly isTTY?: boolean;
  write(text: string | Uint8Array): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

const CLEAR_LINE = '\r\u001B[K';

export function createOutput(out: Stream, err: Stream, paint: Paint): Output {
  let isLineOpen = false;
  const write = (data: string | Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      if (out.write(data)) resolve();
      else out.once('drain', resolve);
    });
  const clear = (): void => {
    if (isLineOpen) err.write(CLEAR_LINE);
    isLineOpen = false;
  };
  return {
    paint,
    line(text) {
      clear();
      return write(`${text}\n`);
    },
    bytes: write,
    note(text) {
      clear();
      err.write(`${text}\n`);
    },
    progress(text) {
      if (err.isTTY !== true) return;
      clear();
      if (text === '') return;
      err.write(text);
      isLineOpen = true;
    },
  };
}
