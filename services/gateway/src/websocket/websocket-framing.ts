import type { Framing } from '../fan-out/framing.ts';

/** RFC 6455 §5.2 for a server's whole, unmasked, uncompressed text message. */
const FIN_TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

const headerBytes = (payloadBytes: number): number => (payloadBytes < LENGTH_16 ? 2 : payloadBytes < 65_536 ? 4 : 10);

export const webSocketFraming: Framing = {
  door: 'ws',
  frameBytes: ({ frame }) => headerBytes(frame.length) + frame.length,
  writeFrame(target, offset, { frame }) {
    target[offset] = FIN_TEXT;
    let at = offset + 2;
    if (frame.length < LENGTH_16) {
      target[offset + 1] = frame.length;
    } else if (frame.length < 65_536) {
      target[offset + 1] = LENGTH_16;
      at = target.writeUInt16BE(frame.length, at);
    } else {
      target[offset + 1] = LENGTH_64;
      at = target.writeBigUInt64BE(BigInt(frame.length), at);
    }
    frame.copy(target, at);
    return at + frame.length;
  },
};
