import { createPaint } from '../../src/cli/describe-event.ts';
import type { Output } from '../../src/cli/output.ts';

/** What a command printed, without colours. */
export interface RecordedOutput extends Output {
  readonly lines: readonly string[];
  readonly notes: readonly string[];
  readonly written: string;
}

export function recordOutput(): RecordedOutput {
  const lines: string[] = [];
  const notes: string[] = [];
  let written = '';
  return {
    paint: createPaint(false),
    lines,
    notes,
    get written() {
      return written;
    },
    line: async (text) => void lines.push(text),
    bytes: async (bytes) => {
      written += Buffer.from(bytes).toString();
    },
    note: (text) => void notes.push(text),
    progress: () => {},
  };
}
