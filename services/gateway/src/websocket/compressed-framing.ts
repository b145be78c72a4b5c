import { constants, deflateRawSync } from 'node:zlib';
import type { CompressingFraming } from '../fan-out/framing.ts';
import { frameHeaderBytes, webSocketFraming, writeFrameHeader } from './websocket-framing.ts';

/** 8 KiB, some 25 messages: measured, twice as much saves another 4 % of the bytes and costs half as much CPU again. Clients are told
 *  (`server_max_window_bits`), so that their inflaters hold no more either. */
export const WINDOW_BITS = 13;
const WINDOW_BYTES = 2 ** WINDOW_BITS;
const MEMORY_LEVEL = 7;
/** RFC 6455 §5.2 and RFC 7692 §6: a whole text message, compressed. */
const FIN_RSV1_TEXT = 0xc1;
/** RFC 7692 §7.2.1: what a sync flush ends with is not sent. */
const FLUSH_TAIL_BYTES = 4;

/** permessage-deflate with context takeover, one stream for all readers. Each message is deflated on its own with what went before as
 *  preset dictionary: to an inflater that is the same as one endless deflate stream, and nothing but the window is held. */
export function createCompressedFraming(): CompressingFraming {
  // The newest `WINDOW_BYTES` of the stream lie before `end`; twice the window, so that it moves only now and then.
  const history = Buffer.allocUnsafeSlow(2 * WINDOW_BYTES);
  let start = 0;
  let end = 0;
  let compressed: Buffer | null = null;

  const remember = (frame: Buffer): void => {
    const newest = frame.subarray(Math.max(0, frame.length - WINDOW_BYTES));
    if (end + newest.length > history.length) {
      history.copy(history, 0, Math.max(start, end - WINDOW_BYTES), end);
      end -= Math.max(start, end - WINDOW_BYTES);
      start = 0;
    }
    newest.copy(history, end);
    end += newest.length;
  };

  const compress = (frame: Buffer): Buffer => {
    const dictionary = history.subarray(Math.max(start, end - WINDOW_BYTES), end);
    const deflated = deflateRawSync(frame, {
      windowBits: WINDOW_BITS,
      memLevel: MEMORY_LEVEL,
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(dictionary.length > 0 && { dictionary }),
    });
    return deflated.subarray(0, deflated.length - FLUSH_TAIL_BYTES);
  };

  return {
    door: 'ws',
    frameBytes(event) {
      const candidate = compress(event.frame);
      // What grows is sent plain, and is no part of the stream then.
      compressed = candidate.length < event.frame.length ? candidate : null;
      if (compressed === null) return webSocketFraming.frameBytes(event);
      remember(event.frame);
      return frameHeaderBytes(compressed.length) + compressed.length;
    },
    writeFrame(target, offset, event) {
      if (compressed === null) return webSocketFraming.writeFrame(target, offset, event);
      const at = writeFrameHeader(target, offset, FIN_RSV1_TEXT, compressed.length);
      return at + compressed.copy(target, at);
    },
    startOver() {
      history.fill(0);
      start = 0;
      end = 0;
    },
  };
}
