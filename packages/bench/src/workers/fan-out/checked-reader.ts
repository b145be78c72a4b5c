import { snowflakeTimeMs } from '@dms/protocol';
import type { DeliveryWindow } from './delivery-window.ts';
import type { ReferenceStream } from './reference-stream.ts';

const OP_TEXT = 1;
const OP_CLOSE = 8;
const OP_PING = 9;
/** The seq stands in the first bytes of a dispatch, also behind Socket.IO's packet type and event name. */
const ENVELOPE_BYTES = 120;
const SEQ = /"op":0,.*?"s":(\d+)/;
const ID = /"id":"(\d+)"/;

/** What went wrong, of all clients together. */
export interface Violations {
  lost: number;
  duplicates: number;
  reordered: number;
  /** Bytes that are no frame, or not the frame that others got. */
  broken: number;
}

export interface ReaderHandlers {
  /** A text message that is no dispatch. */
  control(text: string): void;
  ping(payload: Buffer): void;
  closed(code: number): void;
}

/** Reads one client's bytes and checks them against what the others got. */
export interface CheckedReader {
  /** Seq of the last whole dispatch. */
  readonly lastSeq: number;
  /** Its frame; null when there was none. */
  readonly lastFrame: Buffer | null;
  readonly frames: number;
  receive(chunk: Buffer, nowMs: number): void;
  /** The next dispatch is expected right after `seq`, on a fresh connection. */
  startAfter(seq: number): void;
}

interface FrameHead {
  readonly op: number;
  readonly headerBytes: number;
  readonly payloadBytes: number;
}

export function createCheckedReader(
  reference: ReferenceStream,
  window: DeliveryWindow,
  violations: Violations,
  handlers: ReaderHandlers,
): CheckedReader {
  // Between frames, or inside a frame that the reference knows.
  let at = reference.length;
  let frames = reference.frames;
  let rest: Buffer | null = null;

  /** Counts the frames that `at` has passed. */
  const complete = (nowMs: number): void => {
    while (frames < reference.frames && reference.endOf(frames) <= at) {
      window.note(nowMs - reference.sentMsOf(frames));
      frames += 1;
    }
  };

  const isSame = (chunk: Buffer, offset: number, bytes: number): boolean =>
    chunk.compare(reference.bytes, at, at + bytes, offset, offset + bytes) === 0;

  /** Whole frames of the reference at the head of what is left, when it differs further on. */
  const skipSame = (chunk: Buffer, from: number, nowMs: number): number => {
    let offset = from;
    for (;;) {
      const bytes = reference.endOf(frames) - at;
      if (frames >= reference.frames || chunk.length - offset < bytes || !isSame(chunk, offset, bytes)) break;
      at += bytes;
      offset += bytes;
      complete(nowMs);
    }
    return offset;
  };

  const dispatch = (frame: Buffer, seq: number, text: string, nowMs: number): void => {
    if (frames === reference.frames && (frames === 0 || seq > reference.seqOf(frames - 1))) {
      reference.append(frame, seq, snowflakeTimeMs(ID.exec(text)?.[1] ?? '0'));
    } else {
      const index = reference.framesUpTo(seq) - 1;
      const isKnown = index >= 0 && reference.seqOf(index) === seq;
      if (index < frames || !isKnown) {
        if (isKnown && index === frames - 1) violations.duplicates += 1;
        else violations.reordered += 1;
        return;
      }
      violations.lost += index - frames;
      if (index === frames) violations.broken += 1;
      frames = index;
    }
    at = reference.endOf(frames);
    complete(nowMs);
  };

  const handle = (op: number, frame: Buffer, payload: Buffer, nowMs: number): void => {
    if (op === OP_PING) return handlers.ping(payload);
    if (op === OP_CLOSE) return handlers.closed(payload.length >= 2 ? payload.readUInt16BE(0) : 0);
    if (op !== OP_TEXT) {
      violations.broken += 1;
      return;
    }
    const envelope = payload.toString('latin1', 0, ENVELOPE_BYTES);
    const seq = SEQ.exec(envelope)?.[1];
    const text = payload.toString();
    if (seq === undefined) handlers.control(text);
    else dispatch(frame, Number(seq), text, nowMs);
  };

  return {
    get lastSeq() {
      return frames === 0 ? 0 : reference.seqOf(frames - 1);
    },
    get lastFrame() {
      return frames === 0 ? null : reference.bytes.subarray(reference.endOf(frames - 2), reference.endOf(frames - 1));
    },
    get frames() {
      return frames;
    },
    startAfter(seq) {
      frames = reference.framesUpTo(seq);
      at = reference.endOf(frames - 1);
      rest = null;
    },
    receive(fresh, nowMs) {
      let chunk = rest === null ? fresh : Buffer.concat([rest, fresh]);
      rest = null;
      let offset = 0;
      while (offset < chunk.length) {
        const common = Math.min(chunk.length - offset, reference.length - at);
        if (common > 0 && isSame(chunk, offset, common)) {
          at += common;
          offset += common;
          complete(nowMs);
          continue;
        }
        if (common > 0) offset = skipSame(chunk, offset, nowMs);
        const start = reference.endOf(frames - 1);
        if (at !== start) {
          // It only began like the reference's next frame: put together what it is.
          chunk = Buffer.concat([reference.bytes.subarray(start, at), chunk.subarray(offset)]);
          offset = 0;
          at = start;
        }
        const head = headAt(chunk, offset);
        const end = head === null ? 0 : offset + head.headerBytes + head.payloadBytes;
        if (head === null || end > chunk.length) {
          // The caller's buffer is used again.
          rest = Buffer.from(chunk.subarray(offset));
          return;
        }
        handle(head.op, chunk.subarray(offset, end), chunk.subarray(offset + head.headerBytes, end), nowMs);
        offset = end;
      }
    },
  };
}

/** Null while the head is not there as a whole. */
function headAt(bytes: Buffer, offset: number): FrameHead | null {
  const left = bytes.length - offset;
  if (left < 2) return null;
  const op = (bytes[offset] ?? 0) & 0x0f;
  const short = (bytes[offset + 1] ?? 0) & 0x7f;
  if (short < 126) return { op, headerBytes: 2, payloadBytes: short };
  if (short === 126) return left < 4 ? null : { op, headerBytes: 4, payloadBytes: bytes.readUInt16BE(offset + 2) };
  return left < 10 ? null : { op, headerBytes: 10, payloadBytes: Number(bytes.readBigUInt64BE(offset + 2)) };
}
