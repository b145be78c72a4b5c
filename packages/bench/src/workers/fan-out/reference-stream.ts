const FIRST_BYTES = 1024 * 1024;
/** One run's stream; a longer run than that is a mistake in the plan. */
const MAX_BYTES = 512 * 1024 * 1024;

/** The one stream that every client of a group must receive, byte for byte, as the first of them to receive each frame saw it. To
 *  check a client is then to compare memory, which costs a fraction of parsing: the server under test gets the machine. */
export interface ReferenceStream {
  readonly bytes: Buffer;
  readonly length: number;
  readonly frames: number;
  /** Seqs that did not follow the one before. */
  readonly jumps: number;
  /** Offset after frame `index`; 0 for -1. */
  endOf(index: number): number;
  sentMsOf(index: number): number;
  seqOf(index: number): number;
  /** How many of the frames have a seq up to `seq`. */
  framesUpTo(seq: number): number;
  append(frame: Buffer, seq: number, sentMs: number): void;
}

export function createReferenceStream(): ReferenceStream {
  let bytes = Buffer.allocUnsafe(FIRST_BYTES);
  let length = 0;
  let jumps = 0;
  const ends: number[] = [];
  const seqs: number[] = [];
  const sentMs: number[] = [];

  const framesUpTo = (seq: number): number => {
    let low = 0;
    let high = seqs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((seqs[middle] ?? 0) > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  return {
    get bytes() {
      return bytes;
    },
    get length() {
      return length;
    },
    get frames() {
      return ends.length;
    },
    get jumps() {
      return jumps;
    },
    endOf: (index) => ends[index] ?? 0,
    sentMsOf: (index) => sentMs[index] ?? 0,
    seqOf: (index) => seqs[index] ?? 0,
    framesUpTo,
    append(frame, seq, sentAtMs) {
      if (length + frame.length > MAX_BYTES) throw new RangeError('the run is too long to be checked');
      if (length + frame.length > bytes.length) {
        const grown = Buffer.allocUnsafe(bytes.length * 2);
        bytes.copy(grown, 0, 0, length);
        bytes = grown;
      }
      const last = seqs.at(-1);
      if (last !== undefined && seq !== last + 1) jumps += 1;
      frame.copy(bytes, length);
      length += frame.length;
      ends.push(length);
      seqs.push(seq);
      sentMs.push(sentAtMs);
    },
  };
}
